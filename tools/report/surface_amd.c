/* SPDX-License-Identifier: Apache-2.0 */
/* How many exit reasons the dispatcher for AMD-V answers, by its `case` lines and their numbers. */
#define BACKEND_SVM
#include "arch/x86/include/vcpu.h"
#include "arch/x86/svm/vmcb.h"
#include "counted.h"
#include "surface.h"

#define EXIT(first, last) +((last) - (first) + 1)
const uint32_t surface_exits_amd = 0 EXITS_AMD;
