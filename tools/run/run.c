/* SPDX-License-Identifier: Apache-2.0 */
/* `bulkhead run`: its options, and what must be right before a machine starts. */
#include "run.h"
#include "devices.h"
#include "session.h"
#include "tools/tool.h"
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UNATTENDED_SECONDS = 300 };

const char run_help[] =
    "usage: bulkhead run [OPTION...] IMAGE.efi\n"
    "\n"
    "Boots the image in an emulator and shows each domain's serial port, one line a line, with\n"
    "the domain's name. Ctrl-] and 1 to 4 gives the keyboard to the domain on that port, Ctrl-] o\n"
    "shows the lines of that one only, Ctrl-] ? lists the ports, Ctrl-] q ends the run.\n"
    "\n"
    "The machine has the PCI functions that the manifest assigns, where they are by their `pci` "
    "and\n"
    "what they are by their `id`: 8086:10d3 e1000e, 8086:10c9 igb, 1af4:1041 virtio-net, "
    "1af4:1042\n"
    "virtio-blk, 1b36:0010 NVMe, 1b36:000d xHCI with a stick, 8086:2922 AHCI, 1234:11e8 edu; bus "
    "01\n"
    "and so on are behind ports of their own. Cards on one network see each other, get addresses\n"
    "10.0.N.x and reach http://10.0.N.4/data (64 MiB) and /sum, nothing else. Disks are files in "
    "DIR.\n"
    "Management's card is on a network of its own, of which one port of this host leads to the\n"
    "console's 443; `bulkhead ctl` is told of it.\n"
    "\n"
    "  --machine NAME   auto (default), bochs, kvm, tcg, nested\n"
    "  --cpus N         processors (default: as the manifest's platform says, else 4)\n"
    "  --memory MIB     memory (default: as the manifest's platform says, else 2048)\n"
    "  --model NAME     processor model, as the emulator calls it\n"
    "  --ips N          Bochs: instructions that make a second (default 50000000)\n"
    "  --timeout SEC    ends the run (default: none on a terminal, else 300)\n"
    "  --dir DIR        where disk image, configuration and logs go, one run at a time (default\n"
    "                   bulkhead-run, in the source tree build/run)\n"
    "  --plain          no colour, no control codes, no keyboard, as when output is no terminal;\n"
    "                   + begins the rest of a line whose beginning was shown before\n"
    "  --port N         port of 127.0.0.1 that leads to the management console (default 8443)\n"
    "  --no-forward     no port leads there\n"
    "  --count          tcg: the TSC counts instructions, so that figures repeat\n"
    "  --debug          Bochs: its debugger here; QEMU: waits for gdb on port 1234\n"
    "  --which          only says which machine it would be; without IMAGE, in one word, which "
    "one\n"
    "                   an image should be built for: kvm (Intel) or tcg (AMD)\n"
    "  -h, --help       this text\n"
    "\n"
    "Exit status: 0 ended as asked, by its time limit or as all domains have stopped, 1 it is no\n"
    "image for that machine, the machine refused it, or the emulator ended, 2 wrong usage, 3 no\n"
    "emulator, no folder, or nobody reads the output, 4 the time was over before any domain wrote\n"
    "anything.\n"
    "\n"
    "Examples:\n"
    "  bulkhead run gate-7.efi\n"
    "  bulkhead run --machine tcg --timeout 120 gate-7.efi\n";

static void name_ports(struct run *run)
{
    struct screen *screen = &run->screen;
    for (int i = 0; i < SERIAL_PORTS; i++) {
        const char *owner = run->image.owners[i];
        /* A domain's name has no parentheses: nobody can be called "(boot)". */
        if (i == 0)
            snprintf(screen->names[i], OWNER_BYTES, "(boot)%.31s", owner);
        else if (*owner)
            memcpy(screen->names[i], owner, NAME_BYTES);
        else
            snprintf(screen->names[i], OWNER_BYTES, "(com%d)", i + 1);
    }
    screen_layout(screen);
    ports_width(&run->ports, LINE_CELLS, screen->ascii);
}

static bool read_number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

static bool take_option(struct run *run, int option, const char *value)
{
    uint64_t number = 0;
    if (strchr("cmito", option) && !read_number(value, &number))
        return false;
    switch (option) {
    case 'M':
        run->machine_name = value;
        return true;
    case 'p':
        run->options.model = value;
        return true;
    case 'd':
        run->options.directory = value;
        return true;
    case 'c':
        run->options.cpus = (unsigned)number;
        return number >= 1 && number <= 255;
    case 'm':
        run->options.memory_mib = (unsigned)number;
        return number >= 256 && number <= 1 << 20;
    case 'i':
        run->options.ips = number;
        return number >= 1000000;
    case 't':
        run->limit = (double)number;
        return true;
    case 'o':
        run->port = (unsigned)number;
        return number >= 1 && number <= 65535;
    case 'F':
        run->port = 0;
        return true;
    case 'P':
        run->plain = true;
        return true;
    case 'n':
        run->options.count = true;
        return true;
    case 'g':
        run->options.debug = true;
        return true;
    case 'w':
        run->which = true;
        return true;
    default:
        return false;
    }
}

/* Bochs' debugger wants this terminal; it ends with Bochs. */
static int debug_machine(struct run *run)
{
    if (machine_start(&run->options, &run->machine))
        return EXIT_ENVIRONMENT;
    signal(SIGINT, SIG_IGN);
    while (!machine_ended(&run->machine))
        usleep(100000);
    machine_stop(&run->machine);
    return EXIT_GOOD;
}

/* Looks at the image and picks the machine; anything but EXIT_GOOD has been said. */
static enum exit_status prepare(struct run *run)
{
    enum machine_kind *kind = &run->options.kind;
    char why[512];

    if (run_image_read(run->path, &run->image))
        return EXIT_ENVIRONMENT;
    const struct run_image *image = &run->image;
    if (image->trouble) {
        fprintf(stderr, "bulkhead run: %s: %s; %s\n", run->path, image->trouble,
                image->survey ? "`bulkhead disk` makes of it what a machine boots, QEMU too "
                                "(docs/boards.md)"
                              : "`bulkhead build` makes images");
        return EXIT_FINDINGS;
    }
    run_image_defaults(image, &run->options);
    name_ports(run);
    if (!machine_choose(run->machine_name, image->amd, kind, why, sizeof(why))) {
        fprintf(stderr, "bulkhead run: can't use the machine \"%s\": %s\n", run->machine_name, why);
        return EXIT_ENVIRONMENT;
    }
    if (image->amd != (*kind == MACHINE_TCG)) {
        fprintf(stderr,
                "bulkhead run: %s is for processors of %s, and %s: use --machine %s, or build the "
                "image with --cpu %s\n",
                run->path, image->amd ? "AMD" : "Intel", machine_facts[*kind].title,
                image->amd ? "tcg" : "bochs or kvm", image->amd ? "intel" : "amd");
        return EXIT_FINDINGS;
    }
    if (image->device_count > 0 && *kind == MACHINE_BOCHS) {
        fprintf(stderr,
                "bulkhead run: %s has PCI functions for its domains, and Bochs has no IOMMU that "
                "would confine them: build the image with --cpu amd and use --machine tcg%s\n",
                run->path, kvm_offers_vtx(why, sizeof(why)) ? ", or --machine kvm" : "");
        return EXIT_FINDINGS;
    }
    if (!devices_possible(image->devices, image->device_count, why, sizeof(why))) {
        fprintf(stderr, "bulkhead run: %s: %s\n", run->path, why);
        return EXIT_FINDINGS;
    }
    if (*kind == MACHINE_NESTED &&
        (run->options.debug || devices_have_disks(image->devices, image->device_count))) {
        fprintf(stderr, "bulkhead run: the nested machine has no %s: use --machine kvm\n",
                run->options.debug ? "debugger" : "disks for devices");
        return EXIT_FINDINGS;
    }
    screen_note(&run->screen, "machine: %s, %u processor%s, %u MiB (%s); %s",
                machine_facts[*kind].title, run->options.cpus, run->options.cpus == 1 ? "" : "s",
                run->options.memory_mib, why, machine_facts[*kind].duration);
    return EXIT_GOOD;
}

/*
 * The way from this host to the console, where the machine can have one. A console without a key
 * has no network.
 */
static enum exit_status open_console(struct run *run)
{
    const struct run_console *console = &run->image.console;
    enum machine_kind kind = run->options.kind;
    char words[2 * CONSOLE_PATH];

    if (!console->card.address || !*console->key || run->port == 0 ||
        (kind != MACHINE_TCG && kind != MACHINE_KVM))
        return EXIT_GOOD;
    if (!console_port_is_free(run->port))
        return EXIT_ENVIRONMENT;
    run->options.console.port = run->port;
    if (console_has_name(console, run->port))
        console_host(console, run->port, words, sizeof(words));
    else
        console_words(console, run->port, words, sizeof(words));
    if (*words)
        screen_note(&run->screen, "%s", words);
    return EXIT_GOOD;
}

/* In the tree below what is built; elsewhere in a folder of its own. */
static const char *usual_directory(void)
{
    return access("build/bulkhead", X_OK) == 0 ? "build/run" : "bulkhead-run";
}

int run_main(int argc, char **argv)
{
    static const struct option options[] = {{"machine", required_argument, NULL, 'M'},
                                            {"cpus", required_argument, NULL, 'c'},
                                            {"memory", required_argument, NULL, 'm'},
                                            {"model", required_argument, NULL, 'p'},
                                            {"ips", required_argument, NULL, 'i'},
                                            {"timeout", required_argument, NULL, 't'},
                                            {"dir", required_argument, NULL, 'd'},
                                            {"port", required_argument, NULL, 'o'},
                                            {"no-forward", no_argument, NULL, 'F'},
                                            {"plain", no_argument, NULL, 'P'},
                                            {"count", no_argument, NULL, 'n'},
                                            {"debug", no_argument, NULL, 'g'},
                                            {"which", no_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    static struct run run;
    run = (struct run){.machine_name = "auto",
                       .port = CONSOLE_PORT,
                       .limit = isatty(STDOUT_FILENO) ? 0 : UNATTENDED_SECONDS,
                       .options = {.ips = 50000000, .directory = usual_directory()}};
    int option;
    while ((option = next_option(argc, argv, "h", options)) != -1) {
        if (option == 'h') {
            fputs(run_help, stdout);
            return EXIT_GOOD;
        }
        if (!take_option(&run, option, optarg)) {
            if (option != '?')
                fprintf(stderr, "bulkhead run: \"%s\" is not a value for this option\n", optarg);
            fputs(run_help, stderr);
            return EXIT_USAGE;
        }
    }
    if (run.which && optind == argc) {
        char why[256];
        puts(kvm_offers_vtx(why, sizeof(why)) ? machine_names[MACHINE_KVM]
                                              : machine_names[MACHINE_TCG]);
        return EXIT_GOOD;
    }
    if (optind + 1 != argc) {
        fputs(run_help, stderr);
        return EXIT_USAGE;
    }
    run.path = argv[optind];
    screen_open(&run.screen, run.plain);
    enum exit_status status = prepare(&run);
    if (status == EXIT_GOOD && !run.which)
        status = open_console(&run);
    if (status != EXIT_GOOD || run.which)
        return status;
    if (run.image.holds_key)
        umask(077); /* so does the disk that it boots from */
    run.file = (struct disk_file){DISK_BOOT_PATH, run.path};
    run.options.files = &run.file;
    run.options.file_count = 1;
    if (run.options.debug && run.options.kind == MACHINE_BOCHS)
        return debug_machine(&run);
    if (run.options.debug)
        screen_note(&run.screen,
                    "QEMU waits: gdb build/kernel/kernel-%s.elf -ex 'target remote :1234'",
                    run.image.amd ? "amd" : "intel");
    return session_run(&run);
}
