/* Whatever is done wrong is told by an error code, and changes nothing. */
#include <stdio.h>
#include <string.h>

#include "edgecull.h"

static _Alignas(EDGECULL_MAX_ALIGN) unsigned char memory[EDGECULL_MAX_SIZE + EDGECULL_MAX_ALIGN];
static edgecull_verdict verdict;
static unsigned char record[EDGECULL_MAX_RECORD];
static const unsigned char png[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
static int failed, checks;

static void expect(int line, int got, int wanted)
{
    checks++;
    if (got != wanted) {
        printf("line %d: %d instead of %d\n", line, got, wanted);
        failed = 1;
    }
}
#define EXPECT(call, wanted) expect(__LINE__, (int)(call), (int)(wanted))

static int zeros(const unsigned char *bytes, size_t length)
{
    while (length > 0 && bytes[length - 1] == 0)
        length--;
    return length == 0;
}

int main(void)
{
    edgecull_judge *judge = NULL, *other = (edgecull_judge *)memory;
    size_t length = 77;
    const size_t size = edgecull_size(), align = edgecull_align();
    EXPECT(size > 0 && size <= EDGECULL_MAX_SIZE, 1);
    EXPECT(align > 0 && EDGECULL_MAX_ALIGN % align == 0, 1);

    /* No judge was made of this memory. */
    EXPECT(edgecull_feed(other, png, sizeof png), EDGECULL_WRONG_ORDER);
    EXPECT(edgecull_finish(other, &verdict), EDGECULL_WRONG_ORDER);
    EXPECT(edgecull_record(other, record, sizeof record, &length), EDGECULL_WRONG_ORDER);

    EXPECT(edgecull_init(NULL, size, NULL, &judge), EDGECULL_NULL);
    EXPECT(edgecull_init(memory, size, NULL, NULL), EDGECULL_NULL);
    EXPECT(edgecull_init(memory, 0, NULL, &judge), EDGECULL_TOO_SHORT);
    EXPECT(edgecull_init(memory, size - 1, NULL, &judge), EDGECULL_TOO_SHORT);
    EXPECT(edgecull_init(memory + 1, size, NULL, &judge), EDGECULL_MISALIGNED);
    edgecull_options options = {.strictness = 3};
    EXPECT(edgecull_init(memory, size, &options, &judge), EDGECULL_BAD_OPTION);
    options = (edgecull_options){.orientation = 9};
    EXPECT(edgecull_init(memory, size, &options, &judge), EDGECULL_BAD_OPTION);
    EXPECT(judge == NULL, 1);
    EXPECT(zeros(memory, sizeof memory), 1);

    options = (edgecull_options){.strictness = 2, .orientation = 6};
    EXPECT(edgecull_init(memory, size, &options, &judge), EDGECULL_OK);
    EXPECT(judge == other, 1);
    EXPECT(edgecull_feed(NULL, png, sizeof png), EDGECULL_NULL);
    EXPECT(edgecull_feed(judge, NULL, 1), EDGECULL_NULL);
    EXPECT(edgecull_feed((edgecull_judge *)(memory + 1), png, 1), EDGECULL_MISALIGNED);
    EXPECT(edgecull_feed(judge, NULL, 0), EDGECULL_OK);
    EXPECT(edgecull_record(judge, record, sizeof record, &length), EDGECULL_WRONG_ORDER);
    EXPECT(edgecull_finish(judge, NULL), EDGECULL_NULL);
    EXPECT(edgecull_finish(NULL, &verdict), EDGECULL_NULL);
    EXPECT(length, 77);

    /* What is no JPEG is an error of the picture, not of the call. */
    EXPECT(edgecull_feed(judge, png, sizeof png), EDGECULL_DONE);
    EXPECT(edgecull_feed(judge, png, sizeof png), EDGECULL_DONE);
    EXPECT(edgecull_finish(judge, &verdict), EDGECULL_OK);
    EXPECT(verdict.decision, EDGECULL_ERROR);
    EXPECT(verdict.score != verdict.score, 1);
    EXPECT(verdict.reason_count, 1);
    EXPECT(verdict.reasons[0].code, EDGECULL_REASON_UNSUPPORTED);
    EXPECT(verdict.reasons[0].has_region, 0);
    EXPECT(verdict.face_count, 0);

    /* It is over, but for its record. */
    EXPECT(edgecull_feed(judge, png, sizeof png), EDGECULL_WRONG_ORDER);
    EXPECT(edgecull_finish(judge, &verdict), EDGECULL_WRONG_ORDER);
    EXPECT(edgecull_record(NULL, record, sizeof record, &length), EDGECULL_NULL);
    EXPECT(edgecull_record(judge, NULL, sizeof record, &length), EDGECULL_NULL);
    EXPECT(edgecull_record(judge, record, sizeof record, NULL), EDGECULL_NULL);
    EXPECT(edgecull_record(judge, record, 3, &length), EDGECULL_TOO_SHORT);
    EXPECT(length, 77);
    EXPECT(record[0], 0);
    EXPECT(edgecull_record(judge, record, sizeof record, &length), EDGECULL_OK);
    EXPECT(length > 1 && record[length - 1] == 0 && !memchr(record, 0, length - 1), 1);

    /* And again, in memory that holds what the last one left; beyond the block nothing was
     * touched. */
    EXPECT(edgecull_init(memory, size, NULL, &judge), EDGECULL_OK);
    EXPECT(edgecull_finish(judge, &verdict), EDGECULL_OK);
    EXPECT(verdict.decision, EDGECULL_ERROR);
    EXPECT(zeros(memory + size, sizeof memory - size), 1);

    if (!failed)
        printf("ok %d checks\n", checks);
    return failed;
}
