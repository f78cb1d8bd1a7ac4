/* What stands before main on a Cortex-M: the vector table, the FPU, the statics. */
#include <stdint.h>
#include <stdlib.h>

extern uint32_t __data_load, __data_start, __data_end, __bss_start, __bss_end, __stack_top;
extern void initialise_monitor_handles(void);
extern int main(int argc, char **argv);

static void fault(void)
{
    _Exit(103);
}

void start(void)
{
    volatile uint32_t *const cpacr = (uint32_t *)0xE000ED88;
    *cpacr |= 0xFu << 20;
    __asm volatile("dsb\n isb" ::: "memory");
    for (uint32_t *to = &__data_start, *from = &__data_load; to < &__data_end;)
        *to++ = *from++;
    for (uint32_t *to = &__bss_start; to < &__bss_end;)
        *to++ = 0;
    initialise_monitor_handles();
    exit(main(0, NULL));
}

/* Newlib's: there are no constructors. */
void _init(void) {}
void _fini(void) {}

static const struct {
    const uint32_t *stack;
    void (*handlers[15])(void);
} vectors __attribute__((section(".vectors"), used)) = {
    &__stack_top, {start, fault, fault, fault, fault, fault},
};
