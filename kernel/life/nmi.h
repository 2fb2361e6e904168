/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NMIs of the board's own: by LINT1, SERR# and the like, whoever caused them (TRAPS 12). They come
 * as a knock does, and a knock carries no proof. But whoever knocks first changes a word that this
 * processor can read: an NMI is taken for a knock where one of these words has changed since the
 * last look, or a while before, as two knocks may be seen in one look and come in two NMIs. Any
 * other is counted, in the public page and on record, and given to nobody. So the count is a lower
 * bound: NMIs that coincide with a knock, or with each other, are not seen.
 */
#ifndef BULKHEAD_NMI_H
#define BULKHEAD_NMI_H

#include <stdint.h>

/*
 * After a look at all that a knock may mean: `nmis`, vcpu.nmis as it was before that look;
 * `knocks`, those that the domain's processors have sent to this one.
 */
void nmi_look(uint32_t nmis, uint32_t knocks);

#endif
