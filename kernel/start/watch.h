/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads the IOMMU units' faults (kernel/life/faults.h): once on each processor, at start-up. */
#ifndef BULKHEAD_WATCH_H
#define BULKHEAD_WATCH_H

void watch_setup(void);

#endif
