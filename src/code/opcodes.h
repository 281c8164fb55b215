// The generic instructions: numbers, names and the operands each takes. One table, read by the checker (code/check.c),
// the reader (code/reader.c) and the interpreter (exec/).
//
// The numbers are OTP's. Each operand is a letter that says what a module may put there:
//
//   s  a value: x or y register, integer, atom, nil, literal
//   d  a destination: x or y register                  y  a y register
//   r  a float register                                R  a float register, or a value
//   u  an unsigned number                              U  an unsigned number, or a value
//   n  a number of live x registers, or of arguments   N  a number of y registers
//   h  words of heap (an allocation list is summed up) a  an atom
//   f  a label of the same function                    j  the same, or 0 for "raise"
//   b  as j, or an atom                                e  the entry label of a function
//   L  the label defined here                          I  an import
//   F  a lambda                                        [] a list, in which what is between them repeats
//   p  a size in bytes, q in bits, of the part of the StrT chunk that begins at the next operand, P
//
// Instructions that OTP 25's compiler no longer makes, and its loader refuses, are not in the table.

#ifndef PURLIN_CODE_OPCODES_H
#define PURLIN_CODE_OPCODES_H

// OPCODE(number, name, operands)
#define OPCODES(OPCODE)                                                                                                \
    OPCODE(1, label, "L")                                                                                              \
    OPCODE(2, func_info, "aau")                                                                                        \
    OPCODE(3, int_code_end, "")                                                                                        \
    OPCODE(4, call, "ne")                                                                                              \
    OPCODE(5, call_last, "neN")                                                                                        \
    OPCODE(6, call_only, "ne")                                                                                         \
    OPCODE(7, call_ext, "nI")                                                                                          \
    OPCODE(8, call_ext_last, "nIN")                                                                                    \
    OPCODE(9, bif0, "Id")                                                                                              \
    OPCODE(10, bif1, "jIsd")                                                                                           \
    OPCODE(11, bif2, "jIssd")                                                                                          \
    OPCODE(12, allocate, "Nn")                                                                                         \
    OPCODE(13, allocate_heap, "Nhn")                                                                                   \
    OPCODE(14, allocate_zero, "Nn")                                                                                    \
    OPCODE(15, allocate_heap_zero, "Nhn")                                                                              \
    OPCODE(16, test_heap, "hn")                                                                                        \
    OPCODE(17, init, "y")                                                                                              \
    OPCODE(18, deallocate, "N")                                                                                        \
    OPCODE(19, return, "")                                                                                             \
    OPCODE(20, send, "")                                                                                               \
    OPCODE(21, remove_message, "")                                                                                     \
    OPCODE(22, timeout, "")                                                                                            \
    OPCODE(23, loop_rec, "fd")                                                                                         \
    OPCODE(24, loop_rec_end, "f")                                                                                      \
    OPCODE(25, wait, "f")                                                                                              \
    OPCODE(26, wait_timeout, "fs")                                                                                     \
    OPCODE(39, is_lt, "jss")                                                                                           \
    OPCODE(40, is_ge, "jss")                                                                                           \
    OPCODE(41, is_eq, "jss")                                                                                           \
    OPCODE(42, is_ne, "jss")                                                                                           \
    OPCODE(43, is_eq_exact, "jss")                                                                                     \
    OPCODE(44, is_ne_exact, "jss")                                                                                     \
    OPCODE(45, is_integer, "js")                                                                                       \
    OPCODE(46, is_float, "js")                                                                                         \
    OPCODE(47, is_number, "js")                                                                                        \
    OPCODE(48, is_atom, "js")                                                                                          \
    OPCODE(49, is_pid, "js")                                                                                           \
    OPCODE(50, is_reference, "js")                                                                                     \
    OPCODE(51, is_port, "js")                                                                                          \
    OPCODE(52, is_nil, "js")                                                                                           \
    OPCODE(53, is_binary, "js")                                                                                        \
    OPCODE(55, is_list, "js")                                                                                          \
    OPCODE(56, is_nonempty_list, "js")                                                                                 \
    OPCODE(57, is_tuple, "js")                                                                                         \
    OPCODE(58, test_arity, "jsu")                                                                                      \
    OPCODE(59, select_val, "sf[sf]")                                                                                   \
    OPCODE(60, select_tuple_arity, "sf[uf]")                                                                           \
    OPCODE(61, jump, "f")                                                                                              \
    OPCODE(62, catch, "yf")                                                                                            \
    OPCODE(63, catch_end, "y")                                                                                         \
    OPCODE(64, move, "sd")                                                                                             \
    OPCODE(65, get_list, "sdd")                                                                                        \
    OPCODE(66, get_tuple_element, "sud")                                                                               \
    OPCODE(67, set_tuple_element, "sdu")                                                                               \
    OPCODE(69, put_list, "ssd")                                                                                        \
    OPCODE(72, badmatch, "s")                                                                                          \
    OPCODE(73, if_end, "")                                                                                             \
    OPCODE(74, case_end, "s")                                                                                          \
    OPCODE(75, call_fun, "n")                                                                                          \
    OPCODE(77, is_function, "js")                                                                                      \
    OPCODE(78, call_ext_only, "nI")                                                                                    \
    OPCODE(89, bs_put_integer, "jUuus")                                                                                \
    OPCODE(90, bs_put_binary, "jUuus")                                                                                 \
    OPCODE(91, bs_put_float, "jUuus")                                                                                  \
    OPCODE(92, bs_put_string, "pP")                                                                                    \
    OPCODE(94, fclearerror, "")                                                                                        \
    OPCODE(95, fcheckerror, "j")                                                                                       \
    OPCODE(96, fmove, "RR")                                                                                            \
    OPCODE(97, fconv, "Rr")                                                                                            \
    OPCODE(98, fadd, "jrrr")                                                                                           \
    OPCODE(99, fsub, "jrrr")                                                                                           \
    OPCODE(100, fmul, "jrrr")                                                                                          \
    OPCODE(101, fdiv, "jrrr")                                                                                          \
    OPCODE(102, fnegate, "jrr")                                                                                        \
    OPCODE(103, make_fun2, "F")                                                                                        \
    OPCODE(104, try, "yf")                                                                                             \
    OPCODE(105, try_end, "y")                                                                                          \
    OPCODE(106, try_case, "y")                                                                                         \
    OPCODE(107, try_case_end, "s")                                                                                     \
    OPCODE(108, raise, "ss")                                                                                           \
    OPCODE(109, bs_init2, "jUhnud")                                                                                    \
    OPCODE(111, bs_add, "jssud")                                                                                       \
    OPCODE(112, apply, "n")                                                                                            \
    OPCODE(113, apply_last, "nN")                                                                                      \
    OPCODE(114, is_boolean, "js")                                                                                      \
    OPCODE(115, is_function2, "jss")                                                                                   \
    OPCODE(117, bs_get_integer2, "jsnUuud")                                                                            \
    OPCODE(118, bs_get_float2, "jsnUuud")                                                                              \
    OPCODE(119, bs_get_binary2, "jsnUuud")                                                                             \
    OPCODE(120, bs_skip_bits2, "jsUuu")                                                                                \
    OPCODE(121, bs_test_tail2, "jsu")                                                                                  \
    OPCODE(124, gc_bif1, "jnIsd")                                                                                      \
    OPCODE(125, gc_bif2, "jnIssd")                                                                                     \
    OPCODE(129, is_bitstr, "js")                                                                                       \
    OPCODE(131, bs_test_unit, "jsu")                                                                                   \
    OPCODE(132, bs_match_string, "jsqP")                                                                               \
    OPCODE(133, bs_init_writable, "")                                                                                  \
    OPCODE(134, bs_append, "jUhnusud")                                                                                 \
    OPCODE(135, bs_private_append, "jUusud")                                                                           \
    OPCODE(136, trim, "NN")                                                                                            \
    OPCODE(137, bs_init_bits, "jUhnud")                                                                                \
    OPCODE(138, bs_get_utf8, "jsnud")                                                                                  \
    OPCODE(139, bs_skip_utf8, "jsnu")                                                                                  \
    OPCODE(140, bs_get_utf16, "jsnud")                                                                                 \
    OPCODE(141, bs_skip_utf16, "jsnu")                                                                                 \
    OPCODE(142, bs_get_utf32, "jsnud")                                                                                 \
    OPCODE(143, bs_skip_utf32, "jsnu")                                                                                 \
    OPCODE(144, bs_utf8_size, "jsd")                                                                                   \
    OPCODE(145, bs_put_utf8, "jus")                                                                                    \
    OPCODE(146, bs_utf16_size, "jsd")                                                                                  \
    OPCODE(147, bs_put_utf16, "jus")                                                                                   \
    OPCODE(148, bs_put_utf32, "jus")                                                                                   \
    OPCODE(149, on_load, "")                                                                                           \
    OPCODE(152, gc_bif3, "jnIsssd")                                                                                    \
    OPCODE(153, line, "u")                                                                                             \
    OPCODE(154, put_map_assoc, "jsdn[ss]")                                                                             \
    OPCODE(155, put_map_exact, "jsdn[ss]")                                                                             \
    OPCODE(156, is_map, "js")                                                                                          \
    OPCODE(157, has_map_fields, "fs[s]")                                                                               \
    OPCODE(158, get_map_elements, "fs[sd]")                                                                            \
    OPCODE(159, is_tagged_tuple, "jsua")                                                                               \
    OPCODE(160, build_stacktrace, "")                                                                                  \
    OPCODE(161, raw_raise, "")                                                                                         \
    OPCODE(162, get_hd, "sd")                                                                                          \
    OPCODE(163, get_tl, "sd")                                                                                          \
    OPCODE(164, put_tuple2, "d[s]")                                                                                    \
    OPCODE(165, bs_get_tail, "sdn")                                                                                    \
    OPCODE(166, bs_start_match3, "jsnd")                                                                               \
    OPCODE(167, bs_get_position, "sdn")                                                                                \
    OPCODE(168, bs_set_position, "ss")                                                                                 \
    OPCODE(169, swap, "dd")                                                                                            \
    OPCODE(170, bs_start_match4, "bnsd")                                                                               \
    OPCODE(171, make_fun3, "Fd[s]")                                                                                    \
    OPCODE(172, init_yregs, "[y]")                                                                                     \
    OPCODE(173, recv_marker_bind, "dd")                                                                                \
    OPCODE(174, recv_marker_clear, "d")                                                                                \
    OPCODE(175, recv_marker_reserve, "d")                                                                              \
    OPCODE(176, recv_marker_use, "d")                                                                                  \
    OPCODE(177, bs_create_bin, "jhnud[auusUU]")                                                                        \
    OPCODE(178, call_fun2, "Uns")                                                                                      \
    OPCODE(179, nif_start, "")                                                                                         \
    OPCODE(180, badrecord, "s")                                                                                        \
    OPCODE(181, update_record, "ausd[us]") /* OTP 26 */                                                                \
    OPCODE(182, bs_match, "fs[U]")         /* OTP 26 */                                                                \
    OPCODE(183, executable_line, "uu")     /* OTP 27 */                                                                \
    OPCODE(184, debug_line, "auun")        /* OTP 28 */                                                                \
    OPCODE(185, bif3, "jIsssd")            /* OTP 28 */

enum opcode {
#define OPCODE(number, name, operands) OPCODE_##name = number,
    OPCODES(OPCODE)
#undef OPCODE
};
#define OPCODE_COUNT 256 // room for every number that one byte has

#endif
