/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CONSOLE_PROTECT_H
#define CONSOLE_PROTECT_H

/*
 * Takes rights away that entry's page tables give: code is not written, nothing but code runs, and
 * the first page is not there. Once, on the first processor.
 */
void protect(void);

#endif
