/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every reason for which `bulkhead check` refuses a manifest, in one table (rules.c). For each
 * there are tests/fixtures/NAME.bad.yaml and NAME.good.yaml, which differ in the least; of a rule
 * across manifests NAME.bad and NAME.good are folders.
 */
#ifndef BULKHEAD_RULES_H
#define BULKHEAD_RULES_H

#include "tools/manifest/check.h"

struct rule {
    const char *name;
    enum severity severity;
    void (*apply)(struct check *check); /* NULL: found while the manifest is read, or in several */
    const char *text;                   /* one sentence: what must hold */
};

extern const struct rule rules[];
extern const size_t rule_count;

/* The rule of that name, or NULL. */
const struct rule *rule_named(const char *name);

/* Applies every rule of the table. */
void rules_apply(struct check *check);

/* domain.c: processors, memory, life cycle */
void rule_cpu_twice(struct check *check);
void rule_cpus_platform(struct check *check);
void rule_cache_ways(struct check *check);
void rule_memory_platform(struct check *check);
void rule_boot_protocol(struct check *check);
void rule_on_exit_stop(struct check *check);
void rule_restart_window(struct check *check);
void rule_restart_rate(struct check *check);

/* name.c, label.c, network.c, exposure.c, device.c, management.c, console.c, order.c,
   date.c */
void rule_name_twice(struct check *check);
void rule_name_reserved(struct check *check);
void rule_reference(struct check *check);
void rule_label_missing(struct check *check);
void rule_level_colour(struct check *check);
void rule_mixed_levels(struct check *check);
void rule_mixed_levels_expired(struct check *check);
void rule_mixed_levels_idle(struct check *check);
void rule_classification_low(struct check *check);
void rule_aggregation_order(struct check *check);
void rule_network_label(struct check *check);
void rule_trunk_label(struct check *check);
void rule_trunk_itself(struct check *check);
void rule_trunk_exposed(struct check *check);
void rule_one_way_ends(struct check *check);
void rule_removable_level(struct check *check);
void rule_exposed_unhardened(struct check *check);
void rule_exposed_neighbour(struct check *check);
void rule_firewall_role(struct check *check);
void rule_firewall_between(struct check *check);
void rule_firewall_beside(struct check *check);
void rule_firewall_bypass(struct check *check);
void rule_keep_apart(struct check *check);
void rule_device_twice(struct check *check);
void rule_management_nic(struct check *check);
void rule_device_count(struct check *check);
void rule_interrupt_entries(struct check *check);
void rule_device_split(struct check *check);
void rule_device_serial(struct check *check);
void rule_emulated_reset(struct check *check);
void rule_device_bridge(struct check *check);
void rule_memory_overlap(struct check *check);
void rule_management_place(struct check *check);
void rule_management_dominates(struct check *check);
void rule_management_network(struct check *check);
void rule_management_exposed(struct check *check);
void rule_management_address(struct check *check);
void rule_management_offline(struct check *check);
void rule_management_gateway(struct check *check);
void rule_management_names(struct check *check);
void rule_management_key(struct check *check);
void rule_management_key_mode(struct check *check);
void rule_management_card(struct check *check);
void rule_admin_key(struct check *check);
void rule_admin_key_file(struct check *check);
void rule_admin_key_shared(struct check *check);
void rule_admin_expiry(struct check *check);
void rule_admin_expired(struct check *check);
void rule_serial_write(struct check *check);
void rule_serial_auditor(struct check *check);
void rule_serial_nowhere(struct check *check);
void rule_serial_ends(struct check *check);
void rule_manage_nobody(struct check *check);
void rule_restart_limit(struct check *check);
void rule_start_cycle(struct check *check);
void rule_start_unseen(struct check *check);
void rule_review_overdue(struct check *check);
void rule_review_order(struct check *check);
void rule_date_future(struct check *check);
void rule_unsafe(struct check *check);
void rule_unsafe_twice(struct check *check);
void rule_payload_digest(struct check *check);
void rule_identity_twice(struct check *check);

/* What holds a payload's identity: a kernel may be shared, the initrd or the one file may not. */
const struct text *identity_of(const struct model_domain *domain);

/* All that a domain boots: kernel, initrd, ELF file; the paths of those that it has not are NULL.
 */
enum { BOOT_FILES = 3 };
void payloads_of(const struct model_domain *domain, const struct text *paths[BOOT_FILES]);

/* serial.c */
void rule_serial_boot_log(struct check *check);
void rule_serial_twice(struct check *check);
void rule_serial_irq(struct check *check);

/* The interrupt line of a domain's UART, as written or the usual one. */
uint32_t serial_line(const struct model_serial *serial);

/* payload.c, linux.c, elf.c: the files that domains boot */
void rule_payload_missing(struct check *check);
void rule_payload_file(struct check *check);
void rule_image_size(struct check *check);
void rule_linux_bzimage(struct check *check);
void rule_linux_64bit(struct check *check);
void rule_linux_address(struct check *check);
void rule_linux_fit(struct check *check);
void rule_initrd_fit(struct check *check);
void rule_cmdline_length(struct check *check);
void rule_elf_format(struct check *check);
void rule_elf_truncated(struct check *check);
void rule_elf_alignment(struct check *check);
void rule_elf_range(struct check *check);
void rule_elf_physical(struct check *check);
void rule_elf_order(struct check *check);
void rule_elf_overlap(struct check *check);
void rule_elf_entry(struct check *check);

/* inventory*.c: the machine's inventory */
void rule_inventory_missing(struct check *check);
void rule_vendor_differs(struct check *check);
void rule_platform_lacks(struct check *check);
void rule_smt_state(struct check *check);
void rule_microcode_old(struct check *check);
void rule_tpm_missing(struct check *check);
void rule_no_ecc(struct check *check);
void rule_inventory_cpu(struct check *check);
void rule_smt_split(struct check *check);
void rule_memory_inventory(struct check *check);
void rule_uart_missing(struct check *check);
void rule_uart_irq(struct check *check);
void rule_pci_segments(struct check *check);
void rule_iommu_missing(struct check *check);
void rule_iommu_unit(struct check *check);
void rule_iommu_reach(struct check *check);
void rule_bus_numbers(struct check *check);
void rule_ecam_window(struct check *check);
void rule_device_missing(struct check *check);
void rule_device_id(struct check *check);
void rule_device_serial_differs(struct check *check);
void rule_boot_controller(struct check *check);
void rule_boot_controller_unknown(struct check *check);
void rule_device_bridge_class(struct check *check);
void rule_device_chipset(struct check *check);
void rule_device_virtual(struct check *check);
void rule_device_interrupts(struct check *check);
void rule_device_twins(struct check *check);
void rule_device_no_reset(struct check *check);
void rule_nic_network(struct check *check);
void rule_nic_class(struct check *check);
void rule_removable_class(struct check *check);
void rule_sideband(struct check *check);
void rule_sideband_domain(struct check *check);
void rule_iommu_group_split(struct check *check);
void rule_iommu_group_quirk(struct check *check);
void rule_device_rmrr(struct check *check);
void rule_usb_rmrr(struct check *check);
void rule_rmrr_split(struct check *check);
void rule_bar_page(struct check *check);
void rule_bar_window(struct check *check);
void rule_bar_address(struct check *check);
void rule_device_capabilities(struct check *check);
void rule_device_conventional(struct check *check);
void rule_device_segment(struct check *check);
void rule_controller_split(struct check *check);
void rule_port_overlap(struct check *check);

#endif
