/* Judges one JPEG in pieces of 512 bytes, in static memory, and prints the record and the
 * verdict. On a board the bytes would come from a card or a link; here from a file.
 *
 *   judge [FILE]          frame.jpg if none is given
 */
#include <stdio.h>

#include "edgecull.h"

static _Alignas(EDGECULL_MAX_ALIGN) unsigned char memory[EDGECULL_MAX_SIZE];

static const char *const decisions[] = {"keep", "review", "reject", "error"};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "frame.jpg";
    FILE *file = fopen(name, "rb");
    if (!file) {
        fprintf(stderr, "%s cannot be read\n", name);
        return 2;
    }
    edgecull_judge *judge;
    edgecull_status status = edgecull_init(memory, sizeof memory, NULL, &judge);
    unsigned char piece[512];
    size_t length;
    while (status == EDGECULL_OK && (length = fread(piece, 1, sizeof piece, file)) > 0)
        status = edgecull_feed(judge, piece, length);
    fclose(file);

    static edgecull_verdict verdict;
    static unsigned char record[EDGECULL_MAX_RECORD];
    if (status >= 0)
        status = edgecull_finish(judge, &verdict);
    if (status >= 0)
        status = edgecull_record(judge, record, sizeof record, &length);
    if (status < 0) {
        fprintf(stderr, "%s was not judged: error %d\n", name, (int)status);
        return 1;
    }

    printf("record ");
    for (size_t at = 0; at < length; at++)
        printf("%02x", record[at]);
    printf("\n%s", decisions[verdict.decision]);
    if (verdict.decision != EDGECULL_ERROR)
        printf(" %d/1000", (int)(verdict.score * 1000 + 0.5f));
    printf("\n");
    for (uint32_t at = 0; at < verdict.reason_count; at++)
        printf("  reason %u, %d/1000 sure\n", (unsigned)verdict.reasons[at].code,
               (int)(verdict.reasons[at].confidence * 1000 + 0.5f));
    for (uint32_t at = 0; at < verdict.face_count; at++)
        printf("  face at %u,%u %ux%u\n", (unsigned)verdict.faces[at].region.x,
               (unsigned)verdict.faces[at].region.y, (unsigned)verdict.faces[at].region.w,
               (unsigned)verdict.faces[at].region.h);
    return 0;
}
