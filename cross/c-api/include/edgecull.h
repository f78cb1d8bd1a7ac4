// edgecull: judges photographs from their JPEG stream. All memory is the caller's, and
// nothing here allocates, prints or exits.
//
// Order: edgecull_init, edgecull_feed any number of times, edgecull_finish, then
// edgecull_record if wanted; then edgecull_init again for the next picture. Another order
// gives EDGECULL_WRONG_ORDER, and changes nothing.
//
// Ownership: the block belongs to the caller from beginning to end. edgecull_init makes a
// judge of it and gives its handle, which is the block's own address. Until the caller takes
// the block back (there is nothing to free: he just does) nobody else may write to it, and it
// must not be moved or copied. A judge is used from one thread at a time; judges in blocks of
// their own do not know of each other. Pointers that are passed in are used during the call
// alone.
//
// Trusted: that a block is as long as is said, that a handle is NULL or the address of
// edgecull_size() readable bytes, that a buffer holds what is said. NULL, blocks that are too
// short or misaligned, memory of which no judge was made and calls out of order are told by
// an error code, below 0. To be sure that a block of which none was made is told from one that
// holds a judge, let it be zero at first, as a static one is.
//
// Made by cbindgen from cross/c-api/src: do not edit.

#ifndef EDGECULL_H
#define EDGECULL_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

// Bytes that a block must have, on any target: for a static one.
#define EDGECULL_MAX_SIZE (124 * 1024)

// Multiples of this are an alignment that suffices on any target.
#define EDGECULL_MAX_ALIGN 16

// A buffer of so many bytes holds any record.
#define EDGECULL_MAX_RECORD 1024

// Reasons of a verdict, at most.
#define EDGECULL_MAX_REASONS 14

// Faces of a verdict, at most.
#define EDGECULL_MAX_FACES 5

// Nothing in the frame is in focus.
#define EDGECULL_REASON_OUT_OF_FOCUS 1

// Something is sharp, but not the subject.
#define EDGECULL_REASON_SUBJECT_SOFT 2

// The camera moved during the exposure.
#define EDGECULL_REASON_MOTION_BLUR 3

// Too dark to be saved.
#define EDGECULL_REASON_UNDEREXPOSED 4

// Too bright to be saved.
#define EDGECULL_REASON_OVEREXPOSED 5

// Noise hides the detail.
#define EDGECULL_REASON_NOISY 6

// Lens cap, pocket, floor: nothing was photographed.
#define EDGECULL_REASON_ACCIDENTAL 9

// The file ends early.
#define EDGECULL_REASON_TRUNCATED 12

// The file is damaged.
#define EDGECULL_REASON_CORRUPT 13

// The format cannot be judged.
#define EDGECULL_REASON_UNSUPPORTED 14

// What became of a call. Below 0, it changed nothing.
typedef enum edgecull_status {
  // It did what it should; after a feed: go on.
  EDGECULL_OK = 0,
  // The picture is complete or cannot be judged: no more bytes are wanted.
  EDGECULL_DONE = 1,
  // A pointer is NULL that must not be.
  EDGECULL_NULL = -1,
  // The block or buffer is too short.
  EDGECULL_TOO_SHORT = -2,
  // The block does not begin at a multiple of `edgecull_align()`.
  EDGECULL_MISALIGNED = -3,
  // There is no judge in this memory, or it is not at this point.
  EDGECULL_WRONG_ORDER = -4,
  // An option has a value that there is not.
  EDGECULL_BAD_OPTION = -5,
} edgecull_status;

// What to do with a frame.
typedef enum edgecull_decision {
  // Pass it on.
  EDGECULL_KEEP = 0,
  // A person should look.
  EDGECULL_REVIEW = 1,
  // Technically broken: hold it back. Never delete it.
  EDGECULL_REJECT = 2,
  // It could not be judged: pass it on.
  EDGECULL_ERROR = 3,
} edgecull_decision;

// Opaque: a judge in a block of the caller's memory.
typedef struct edgecull_judge edgecull_judge;

// What may be chosen. All zero are the defaults.
typedef struct edgecull_options {
  // How much a photographer wants to be rid of: 0 normal, 1 lenient, 2 strict.
  uint8_t strictness;
  // How the stored picture must be turned to stand upright, as EXIF counts: 1 to 8; 0 to
  // ask the file's EXIF.
  uint8_t orientation;
} edgecull_options;

// A box in pixels.
typedef struct edgecull_region {
  // Left edge.
  uint32_t x;
  // Top edge.
  uint32_t y;
  // Width.
  uint32_t w;
  // Height.
  uint32_t h;
} edgecull_region;

// One reason, with the number behind it. NaN stands for a number that there is not.
typedef struct edgecull_reason {
  // `EDGECULL_REASON_...`.
  uint16_t code;
  // Whether `region` says where; otherwise it is everywhere.
  bool has_region;
  // How sure: 0 to 1.
  float confidence;
  // The measured value, or NaN.
  float measured;
  // The value at which this reason starts to count, or NaN.
  float threshold;
  // Where, in pixels of the stored picture.
  struct edgecull_region region;
} edgecull_reason;

// A face, in pixels of the upright picture.
typedef struct edgecull_face {
  // Its box.
  struct edgecull_region region;
  // How sure it is that this is a face: 0 to 1.
  float confidence;
  // Its own sharpness, 0 soft to 1 crisp, or NaN.
  float sharpness;
  // Left eye, right eye, nose, left and right corner of the mouth: x and y.
  float landmarks[5][2];
} edgecull_face;

// What is said of a frame. Every number is from 0 to 1, or NaN where the frame could not
// be judged.
typedef struct edgecull_verdict {
  // What to do.
  enum edgecull_decision decision;
  // Higher is better, comparable across frames.
  float score;
  // Probability that the frame is unusably blurred.
  float blur;
  // Sharpness of the sharpest region: 0 soft, 1 crisp.
  float sharpness;
  // Motion blur: 0 none, 1 unusable.
  float motion;
  // Probability that the frame is unusably dark.
  float under;
  // Probability that the frame is unusably bright.
  float over;
  // Mean luma: 0 black, 1 white.
  float mean;
  // 0 clean, 1 unusable.
  float noise;
  // How many of `reasons` there are.
  uint32_t reason_count;
  // Strongest first.
  struct edgecull_reason reasons[EDGECULL_MAX_REASONS];
  // How many of `faces` there are.
  uint32_t face_count;
  // The most prominent first.
  struct edgecull_face faces[EDGECULL_MAX_FACES];
} edgecull_verdict;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Bytes that a block must have, on this target.
size_t edgecull_size(void);

// What a block's address must be a multiple of, on this target.
size_t edgecull_align(void);

// Makes a judge, at the start of a file, of `len` bytes at `memory`, whatever these held,
// and writes its handle to `judge`. `options` may be NULL for the defaults.
//
// # Safety
// `memory` is NULL or has `len` bytes that are the caller's to give; `options` is NULL or
// can be read; `judge` is NULL or can be written to. Both of the latter are aligned.
enum edgecull_status edgecull_init(void *memory,
                                   size_t len,
                                   const struct edgecull_options *options,
                                   struct edgecull_judge **judge);

// Takes the next `len` bytes of the file; `bytes` may be NULL where `len` is 0. Gives
// `EDGECULL_OK` to go on, `EDGECULL_DONE` where no more are wanted; to go on all the same
// does no harm.
//
// # Safety
// `judge` is NULL or has `edgecull_size()` bytes that can be read, and is a judge that
// nobody else uses if `edgecull_init` made it one; `bytes` has `len` bytes.
enum edgecull_status edgecull_feed(struct edgecull_judge *judge, const uint8_t *bytes, size_t len);

// Ends the file and writes the verdict on what was fed to `verdict`. A file that ends
// early is judged by what there is of it; one that cannot be judged has the decision
// `EDGECULL_ERROR`.
//
// # Safety
// `judge` as for `edgecull_feed`; `verdict` is NULL or can be written to.
enum edgecull_status edgecull_finish(struct edgecull_judge *judge,
                                     struct edgecull_verdict *verdict);

// Writes the finished verdict as one frame for a link (postcard, framed by COBS, its final
// 0 included) to `buffer` of `capacity` bytes, and how many it took to `len`.
// `EDGECULL_MAX_RECORD` bytes always suffice.
//
// # Safety
// `judge` as for `edgecull_feed`; `buffer` is NULL or has `capacity` bytes that
// can be written to; `len` is NULL or can be written to.
enum edgecull_status edgecull_record(struct edgecull_judge *judge,
                                     uint8_t *buffer,
                                     size_t capacity,
                                     size_t *len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* EDGECULL_H */
