// How an instruction is written.
//
//     INSTRUCTION(get_tuple_element, xy, u, xy) {
//         WRITE(3, boxed(READ(1))[NUMBER(2)]);
//         NEXT;
//     }
//
// The files in instructions/ hold these. The build (build-aux/instructions.py) expands each into one C function for
// every combination of the operand forms it names, here four; emit.c picks the one that fits. The sequences listed in
// instructions/fused.txt get one function each, too: the bodies behind one another, the way from one to the next being
// NEXT. A form is a letter:
//
//   x, y   a register: the operand is its offset in bytes from the x registers, from the stack pointer
//   n      a constant that is a small integer: the operand is the term
//   i      a constant that is no pointer
//   c      a constant
//   s      any of these, told apart when it runs (see operand_read)
//   d      an x or y register to write, told apart when it runs
//   f      a label: the address in the same function, or 0 for "raise"
//   u      a number or an address
//   e      the site word: where we are, for stack traces. It is the last operand of whatever may raise, call or wait.
//
// The registers are the parameters. They stay in machine registers, so an instruction ends in a tail call and makes
// ordinary calls on its slow path only.
//
//   ip          this instruction; ip[1], ip[2] ... are its operands
//   x           the x registers; behind them the float registers (struct context)
//   stack       y0; the frame ends with a return address
//   process
//   top         end of the used heap
//   reductions  left in the slice
//   link        return address of a function without a frame; stale in one that has a frame
//
// Prepared code of a function:
//
//   word 0      struct function *
//   word 1      the site word of its entry
//   word 2 ..   its instructions, first the entry
//
// A site word stands right before the address that it describes (a return address, or that of the next instruction):
// SITE_OFFSET leads back to word 0, so that no search is needed to find the function an address belongs to.

#ifndef PURLIN_EXEC_INSTRUCTION_H
#define PURLIN_EXEC_INSTRUCTION_H

#include "exec/exec.h"

#define REGISTERS                                                                                                      \
    const word *ip, term *x, term *stack, struct process *process, term *top, int64_t reductions, const word *link
#define PASS ip, x, stack, process, top, reductions, link

#define PRESERVE_NONE __attribute__((preserve_none))
typedef PRESERVE_NONE enum exec_result instruction(REGISTERS);

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

// ---- flow ---------------------------------------------------------------------------------------------------------

#define TAIL(function) [[clang::musttail]] return (function)(PASS)
#define DISPATCH TAIL((instruction *)*ip)
#define AFTER (ip + 1 + OPERANDS) // OPERANDS: of the instruction being expanded
#define NEXT_INSTRUCTION                                                                                               \
    do {                                                                                                               \
        ip = AFTER;                                                                                                    \
        DISPATCH;                                                                                                      \
    } while (0)
#define NEXT NEXT_INSTRUCTION // not so where the next one's body follows: see instructions/fused.txt
#define JUMP(n)                                                                                                        \
    do {                                                                                                               \
        ip = (const word *)ip[n];                                                                                      \
        DISPATCH;                                                                                                      \
    } while (0)
// To the function or export, whose arguments are in x; `link` and `stack` are set. Every call costs a reduction.
#define CALL(callee)                                                                                                   \
    do {                                                                                                               \
        ip = atomic_load_explicit(&(callee)->entry, memory_order_acquire);                                             \
        ENTER(callee);                                                                                                 \
    } while (0)
// ip is its entry.
#define ENTER(callee)                                                                                                  \
    do {                                                                                                               \
        if (unlikely(--reductions <= 0)) {                                                                             \
            process->live = (callee)->arity;                                                                           \
            TAIL(swap_out);                                                                                            \
        }                                                                                                              \
        DISPATCH;                                                                                                      \
    } while (0)
#define RETURN                                                                                                         \
    do {                                                                                                               \
        ip = link;                                                                                                     \
        DISPATCH;                                                                                                      \
    } while (0)
// The exception is in the process; this instruction's last operand is its site.
#define RAISE                                                                                                          \
    do {                                                                                                               \
        ip = AFTER;                                                                                                    \
        TAIL(unwind);                                                                                                  \
    } while (0)

// Around calls of ordinary C functions that see or change the process.
#define SAVE (process->heap.top = top, process->heap.stack = stack, process->work.reductions = reductions)
#define RESTORE (top = process->heap.top, stack = process->heap.stack, reductions = process->work.reductions)

// At least `need` words between top and stack, or collect with x[0..live) as roots.
#define ROOM(need) (!HARD_TEST && likely((size_t)((char *)stack - (char *)top) >= (size_t)(need) * sizeof(term)))
#define ENSURE_ROOM(need, live)                                                                                        \
    do {                                                                                                               \
        if (!ROOM(need)) {                                                                                             \
            SAVE;                                                                                                      \
            process->link = link;                                                                                      \
            exec_collect(process, need, x, live);                                                                      \
            RESTORE;                                                                                                   \
        }                                                                                                              \
    } while (0)

// Where what raised is a guard, the exception is forgotten, and the failure is a jump.
#define FAIL_IF_GUARD(label)                                                                                           \
    do {                                                                                                               \
        if (ip[label]) {                                                                                               \
            process->exception_class = CLASS_NONE;                                                                     \
            JUMP(label);                                                                                               \
        }                                                                                                              \
    } while (0)
#define FAIL_OR_RAISE(label)                                                                                           \
    do {                                                                                                               \
        FAIL_IF_GUARD(label);                                                                                          \
        RAISE;                                                                                                         \
    } while (0)

// ---- operands -----------------------------------------------------------------------------------------------------

// s and d: a term of tag TAG_HEADER never is an operand, so these words name registers.
#define OPERAND_X_REGISTER(number) (((word)(number) << 4) | TAG_HEADER)
#define OPERAND_Y_REGISTER(number) (((word)(number) << 4) | 8 | TAG_HEADER)

static inline term *operand_place(term *x, term *stack, word operand) {
    return (operand & 8 ? stack : x) + (operand >> 4);
}
static inline term operand_read(term *x, term *stack, word operand) {
    return is_header(operand) ? *operand_place(x, stack, operand) : operand;
}

// The compiler leaves out the test of its tag.
static inline term known_small(word operand) {
    if (!is_small(operand))
        __builtin_unreachable();
    return operand;
}

#define PLACE_x(operand) (*(term *)((char *)x + (operand)))
#define PLACE_y(operand) (*(term *)((char *)stack + (operand)))
#define PLACE_d(operand) (*operand_place(x, stack, operand))
#define READ_x PLACE_x
#define READ_y PLACE_y
#define READ_d PLACE_d
#define READ_n(operand) known_small(operand)
#define READ_i(operand) (operand)
#define READ_c(operand) (operand)
#define READ_s(operand) operand_read(x, stack, operand)

// An operand's word. In a function for several instructions it may be known from an earlier one.
#define WORD_1 ip[1]
#define WORD_2 ip[2]
#define WORD_3 ip[3]
#define WORD_4 ip[4]
#define WORD_5 ip[5]
#define WORD_6 ip[6]
#define WORD_7 ip[7]
#define WORD_8 ip[8]
#define WORD_9 ip[9]

#define PASTE(a, b) a##b
#define PASTE_EXPANDED(a, b) PASTE(a, b)
#define READ(n) PASTE_EXPANDED(READ_, FORM_##n)(WORD_##n)
#define WRITE(n, value) (PASTE_EXPANDED(PLACE_, FORM_##n)(WORD_##n) = (value))
#define NUMBER(n) ip[n]
#define CONTEXT ((struct context *)x) // the x registers are its beginning
#define FLOAT_REGISTER(n) (CONTEXT->f[ip[n]])

// ---- frames -------------------------------------------------------------------------------------------------------

static inline term return_make(const word *address) {
    return IMMEDIATE_WORD(IMMEDIATE_RETURN, (uintptr_t)address);
}
static inline term catch_make(const word *address) {
    return IMMEDIATE_WORD(IMMEDIATE_CATCH, (uintptr_t)address);
}
static inline const word *return_address(term t) {
    return (const word *)immediate_payload(t);
}
#define PUSH_FRAME(size)                                                                                               \
    do {                                                                                                               \
        stack -= (size) + 1;                                                                                           \
        stack[size] = return_make(link);                                                                               \
    } while (0)
#define POP_FRAME(size)                                                                                                \
    do {                                                                                                               \
        link = return_address(stack[size]);                                                                            \
        stack += (size) + 1;                                                                                           \
    } while (0)

// ---- sites --------------------------------------------------------------------------------------------------------

#define PREPARED_HEADER 2

// line (index for code_line) in bits 0..31, without a frame in bit 32, offset in words from bit 33 on
#define SITE_WORD(offset, frameless, line) (((word)(offset) << 33) | ((word)(frameless) << 32) | (uint32_t)(line))
static inline size_t site_offset(word site) {
    return site >> 33;
}
static inline bool site_frameless(word site) {
    return site >> 32 & 1;
}
static inline uint32_t site_line(word site) {
    return (uint32_t)site;
}
// The function that an address with a site before it belongs to; NULL for the VM's own stubs (site 0).
static inline struct function *site_function(const word *address) {
    size_t offset = site_offset(address[-1]);
    return offset ? (struct function *)address[-(ptrdiff_t)offset] : NULL;
}

// ---- what instructions call ---------------------------------------------------------------------------------------

// The slice is over: stops before the function at ip, with process->live arguments.
instruction swap_out;
// Goes to the handler of the exception in the process, or ends it. ip: the address behind the site of the raise.
instruction unwind;
void exec_collect(struct process *process, size_t need, term *x, size_t live);

#endif
