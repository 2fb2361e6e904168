/* SPDX-License-Identifier: Apache-2.0 */
/* How many exit reasons the dispatcher for VT-x answers, by its `case` lines and their numbers. */
#include "arch/x86/include/vcpu.h"
#include "arch/x86/vtx/vmcs.h"
#include "counted.h"
#include "surface.h"

#define EXIT(first, last) +((last) - (first) + 1)
const uint32_t surface_exits_intel = 0 EXITS_INTEL;
