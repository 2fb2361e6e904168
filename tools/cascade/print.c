/* SPDX-License-Identifier: Apache-2.0 */
/* Findings of the cascade analysis as text. */
#include "print.h"

static void print_vertex(const struct cascade_net *net, struct cascade_vertex at, FILE *out)
{
    fprintf(out, "%s/%s", at.is_network ? net->networks[at.index].name : net->hosts[at.index].name,
            net->levels[at.level]);
}

static void print_step(const struct cascade_net *net, const struct cascade_step *step, FILE *out)
{
    fputs("    ", out);
    print_vertex(net, step->to, out);
    switch (step->means) {
    case CASCADE_BY_CHANGE:
        fprintf(out, "  by defeating %s (assurance %u)\n", net->hosts[step->index].name,
                net->hosts[step->index].assurance);
        break;
    case CASCADE_BY_CHANNEL:
        fprintf(out, "  by %s\n", net->channels[step->index].name);
        break;
    case CASCADE_BY_LINK:
        fputs("  by cable\n", out);
        break;
    }
}

void cascade_print_fix(const struct cascade_net *net, const struct cascade_fix *fix, FILE *out)
{
    const struct cascade_link *link = &net->links[fix->index];

    switch (fix->remedy) {
    case CASCADE_RAISE:
        fprintf(out, "    raise the assurance of %s from %u to %u\n", net->hosts[fix->index].name,
                net->hosts[fix->index].assurance, fix->value);
        break;
    case CASCADE_ONE_WAY:
        fprintf(out, "    let data pass only %s between %s/%s and network %s\n",
                fix->value == CASCADE_TO_HOST ? "to the host" : "to the network",
                net->hosts[link->host].name, net->levels[link->level],
                net->networks[link->network].name);
        break;
    case CASCADE_REMOVE:
        fprintf(out, "    take %s/%s off network %s\n", net->hosts[link->host].name,
                net->levels[link->level], net->networks[link->network].name);
        break;
    case CASCADE_REVOKE:
        fprintf(out, "    on %s, revoke %s\n", net->hosts[net->channels[fix->index].host].name,
                net->channels[fix->index].name);
        break;
    }
}

void cascade_print_finding(const struct cascade_net *net, const struct cascade_finding *finding,
                           FILE *out)
{
    static const char *const kinds[] = {"LOCAL", "DIRECT", "CASCADE"};

    fprintf(out, "%s: ", kinds[finding->kind]);
    print_vertex(net, finding->from, out);
    fputs(" -> ", out);
    print_vertex(net, finding->steps[finding->step_count - 1].to, out);
    if (finding->required == CASCADE_NEVER)
        fprintf(out, ": must never be; what is in its way has assurance %u\n", finding->resistance);
    else
        fprintf(out, ": requires assurance %u; what is in its way has %u\n", finding->required,
                finding->resistance);
    fputs("  path\n    ", out);
    print_vertex(net, finding->from, out);
    fputc('\n', out);
    for (uint32_t i = 0; i < finding->step_count; i++)
        print_step(net, &finding->steps[i], out);
    if (finding->fix_count == 0)
        fputs("  no single change removes it\n", out);
    else
        fputs("  each of these removes it\n", out);
    for (uint32_t i = 0; i < finding->fix_count; i++)
        cascade_print_fix(net, &finding->fixes[i], out);
}
