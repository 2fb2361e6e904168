/* SPDX-License-Identifier: Apache-2.0 */
/* The controllers of the disks that a machine boots from, also below LVM, LUKS and RAID. */
#include "source.h"

#include "kernel/abi/survey.h"
#include <errno.h>
#include <string.h>

enum { BLOCKS_MAX = 64 };

/* Where the boot loader and the kernel lie; the first one that is mounted tells most. */
static const char *const points[] = {"/boot/efi", "/efi", "/boot", "/"};

/* The last PCI address in a path of sysfs. */
static int64_t address_in_path(const char *path)
{
    int64_t found = -1;
    char part[16];

    while (*path) {
        size_t length = strcspn(path, "/");

        if (length < sizeof(part)) {
            memcpy(part, path, length);
            part[length] = 0;
            int64_t address = hw_parse_address(part);
            found = address >= 0 ? address : found;
        }
        path += length + (path[length] == '/');
    }
    return found;
}

static const char *parent_of(struct hw *hw, const char *folder)
{
    const char *slash = strrchr(folder, '/');

    return say(&hw->arena, "%.*s", slash ? (int)(slash - folder) : 0, folder);
}

/*
 * The block device to which the link `name` in `folder` leads, NULL if it leads to none. Only
 * paths without a link in them: through one, a saved copy would be written elsewhere.
 */
static const char *block_device(struct hw *hw, const char *folder, const char *name)
{
    const char *target = hw_link(hw, say(&hw->arena, "%s/%s", folder, name));

    if (!target)
        return NULL;
    for (; strncmp(target, "../", 3) == 0; target += 3)
        folder = parent_of(hw, folder);
    const char *path = say(&hw->arena, "%s/%s", folder, target);
    return strncmp(path, "sys/devices/", 12) != 0 || strstr(path, "..") || strstr(path, "/slaves")
               ? NULL
               : path;
}

static void add_controller(struct hw *hw, uint32_t address)
{
    if (hw_boots_from(hw, address))
        return;
    hw->boot_functions =
        hw_grow(hw, hw->boot_functions, hw->boot_count, sizeof(*hw->boot_functions));
    hw->boot_functions[hw->boot_count++] = address;
}

/* Appends what a device mapper or RAID device lies on; false if that is not known. */
static bool add_slaves(struct hw *hw, const char *device, const char *blocks[BLOCKS_MAX],
                       uint32_t *count)
{
    const char *folder = say(&hw->arena, "%s/slaves", device);
    char **names;
    uint32_t slaves = hw_list(hw, folder, &names);

    if (slaves == 0) { /* a partition of it */
        folder = say(&hw->arena, "%s/slaves", parent_of(hw, device));
        slaves = hw_list(hw, folder, &names);
    }
    bool known = slaves > 0;
    for (uint32_t i = 0; i < slaves && known; i++) {
        const char *path = block_device(hw, folder, names[i]);

        known = path && *count < BLOCKS_MAX;
        if (known)
            blocks[(*count)++] = path;
    }
    return known;
}

/* Finds all controllers below the block device of that number; false if one is not known. */
static bool add_controllers(struct hw *hw, unsigned major, unsigned minor)
{
    const char *blocks[BLOCKS_MAX] = {
        block_device(hw, "sys/dev/block", say(&hw->arena, "%u:%u", major, minor))};
    uint32_t count = blocks[0] ? 1 : 0;
    bool known = count > 0;

    for (uint32_t i = 0; i < count; i++) {
        int64_t address = address_in_path(blocks[i]);

        if (address >= 0)
            add_controller(hw, (uint32_t)address);
        else
            known &= add_slaves(hw, blocks[i], blocks, &count);
    }
    return known;
}

/* A survey names the function from which it was started itself. */
static void read_surveyed(struct hw *hw)
{
    const char *line = hw_line(hw, SURVEY_BOOT, HW_WORD);
    int64_t address = line ? hw_parse_address(line) : -1;

    hw->boot_known = address >= 0;
    if (hw->boot_known)
        add_controller(hw, (uint32_t)address);
    else
        hw_note_missing(hw, SURVEY_BOOT, "which controller the machine booted from");
}

void hw_read_boot(struct hw *hw)
{
    if (hw->surveyed) {
        read_surveyed(hw);
        return;
    }
    char *text = hw_text(hw, "proc/self/mountinfo", 1 << 20);
    bool told = false;
    unsigned major, minor;
    char point[16];

    if (!text) {
        hw_note_missing(hw, "proc/self/mountinfo", "which controller the machine booted from");
        return;
    }
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        bool mounted = false, known = false;

        /* mountinfo: number, parent, major:minor, root, mount point */
        for (const char *line = text; line; line = strchr(line, '\n')) {
            line += *line == '\n';
            if (sscanf(line, "%*u %*u %u:%u %*s %15s", &major, &minor, point) != 3 ||
                strcmp(point, points[i]) != 0)
                continue;
            mounted = true;
            known |= add_controllers(hw, major, minor);
        }
        hw->boot_known |= !told && known;
        told |= mounted;
    }
    if (!hw->boot_known)
        hw_note(hw, "proc/self/mountinfo", "names a file system that is on no known controller",
                "which controller the machine booted from");
}

bool hw_boots_from(const struct hw *hw, uint32_t address)
{
    for (uint32_t i = 0; i < hw->boot_count; i++) {
        if (hw->boot_functions[i] == address)
            return true;
    }
    return false;
}
