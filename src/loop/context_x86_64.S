/* System V ABI: a call keeps rbx, rbp, r12 to r15, the control words of SSE and x87. */

    .text

/* void context_switch(struct context *from, const struct context *to) */
    .globl context_switch
    .hidden context_switch
    .type context_switch, @function
context_switch:
    .cfi_startproc
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    subq $8, %rsp
    stmxcsr (%rsp)
    fnstcw 4(%rsp)
    movq %rsp, (%rdi)
    movq (%rsi), %rsp
    ldmxcsr (%rsp)
    fldcw 4(%rsp)
    addq $8, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .cfi_endproc
    .size context_switch, . - context_switch

/* The first return of a new stack: r12 holds the argument, r13 the function. */
    .globl context_begin
    .hidden context_begin
    .type context_begin, @function
context_begin:
    .cfi_startproc
    .cfi_undefined rip
    movq %r12, %rdi
    callq *%r13
    ud2
    .cfi_endproc
    .size context_begin, . - context_begin

    .section .note.GNU-stack, "", @progbits
