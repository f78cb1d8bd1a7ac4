//! A QEMU plugin (plugin API version 1) that counts the instructions a program
//! executes, in all or in each of its sections, and by the symbol that they belong to.
//!
//! ```text
//! cargo build --release
//! qemu-aarch64 -plugin target/release/libinsn_count.so[,top=20][,only=gemm][,from=a,to=b] \\
//!     -d plugin PROGRAM
//! ```
//!
//! `top` is the number of symbols that are listed, 20 unless told otherwise, `only`
//! a part of the names to list. With `from` and `to`, the names of two functions, what
//! runs between a call of the one and the next of the other is a section: each has its
//! total and its list, in the order in which they ran. Counts are exact and the same in
//! every run of a deterministic program with one thread. They are instructions, no time:
//! see the cores' own tables for that.

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::sync::{Mutex, OnceLock};

/// The plugin API that this is written for; QEMU looks for the symbol.
#[unsafe(no_mangle)]
pub static qemu_plugin_version: c_int = 1;

/// Opaque to plugins.
#[repr(C)]
struct Block(c_void);
#[repr(C)]
struct Insn(c_void);

type Id = u64;

unsafe extern "C" {
    fn qemu_plugin_register_vcpu_tb_trans_cb(id: Id, callback: extern "C" fn(Id, *mut Block));
    fn qemu_plugin_register_atexit_cb(
        id: Id,
        callback: extern "C" fn(Id, *mut c_void),
        data: *mut c_void,
    );
    fn qemu_plugin_tb_n_insns(block: *const Block) -> usize;
    fn qemu_plugin_tb_get_insn(block: *const Block, index: usize) -> *mut Insn;
    fn qemu_plugin_insn_symbol(insn: *const Insn) -> *const c_char;
    fn qemu_plugin_register_vcpu_insn_exec_inline(
        insn: *mut Insn,
        operation: c_uint,
        counter: *mut u64,
        immediate: u64,
    );
    fn qemu_plugin_register_vcpu_insn_exec_cb(
        insn: *mut Insn,
        callback: extern "C" fn(c_uint, *mut c_void),
        flags: c_uint,
        data: *mut c_void,
    );
    fn qemu_plugin_outs(text: *const c_char);
}

/// `QEMU_PLUGIN_INLINE_ADD_U64`, the only operation of the API.
const ADD: c_uint = 0;

/// `QEMU_PLUGIN_CB_NO_REGS`: callbacks look at no registers.
const NO_REGISTERS: c_uint = 0;

/// Where a symbol's count lies: leaked, as translated code adds to it for ever.
struct Counter(*mut u64);

// SAFETY: only the address is shared; the count is read when the program is over.
unsafe impl Send for Counter {}

#[derive(Default)]
struct Counts {
    by_symbol: HashMap<String, Counter>,
    /// Counts when the section that has not ended began; a symbol that is missing had none.
    start: Option<HashMap<String, u64>>,
    /// What ran in each section that has ended.
    sections: Vec<HashMap<String, u64>>,
}

impl Counts {
    fn now(&self) -> HashMap<String, u64> {
        // SAFETY: the one processor is in a callback, or the program is over, so that
        // nothing writes meanwhile.
        self.by_symbol
            .iter()
            .map(|(name, count)| (name.clone(), unsafe { count.0.read() }))
            .collect()
    }

    fn since(&self, start: &HashMap<String, u64>) -> HashMap<String, u64> {
        let mut counts = self.now();
        for (name, count) in &mut counts {
            *count -= start.get(name).copied().unwrap_or(0);
        }
        counts
    }
}

struct Options {
    top: usize,
    only: String,
    from: Option<String>,
    to: Option<String>,
}

static COUNTS: Mutex<Option<Counts>> = Mutex::new(None);
static OPTIONS: OnceLock<Options> = OnceLock::new();

/// An instruction of the function `from` runs next.
extern "C" fn started(_: c_uint, _: *mut c_void) {
    let mut counts = COUNTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let counts = counts.get_or_insert_default();
    counts.start = Some(counts.now());
}

/// One of `to`.
extern "C" fn stopped(_: c_uint, _: *mut c_void) {
    let mut counts = COUNTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let counts = counts.get_or_insert_default();
    if let Some(start) = counts.start.take() {
        counts.sections.push(counts.since(&start));
    }
}

extern "C" fn translated(_: Id, block: *mut Block) {
    let mut counts = COUNTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let counts = counts.get_or_insert_default();
    let Some(options) = OPTIONS.get() else {
        return;
    };
    // SAFETY: QEMU hands out a block that lives during the call, instructions
    // within its length, and names that are null or end in a zero; the counters
    // are never freed.
    unsafe {
        for index in 0..qemu_plugin_tb_n_insns(block) {
            let insn = qemu_plugin_tb_get_insn(block, index);
            let symbol = qemu_plugin_insn_symbol(insn);
            let name = if symbol.is_null() {
                "?".into()
            } else {
                CStr::from_ptr(symbol).to_string_lossy().into_owned()
            };
            let call = |callback| {
                let none = std::ptr::null_mut();
                qemu_plugin_register_vcpu_insn_exec_cb(insn, callback, NO_REGISTERS, none);
            };
            if options.from.as_ref() == Some(&name) {
                call(started);
            }
            if options.to.as_ref() == Some(&name) {
                call(stopped);
            }
            let counter =
                counts.by_symbol.entry(name).or_insert_with(|| Counter(Box::leak(Box::new(0))));
            qemu_plugin_register_vcpu_insn_exec_inline(insn, ADD, counter.0, 1);
        }
    }
}

/// The total, and the symbols that took most.
fn list(section: &HashMap<String, u64>, options: &Options, text: &mut String) {
    let mut rows: Vec<(u64, &str)> =
        section.iter().map(|(name, count)| (*count, name.as_str())).collect();
    rows.sort_unstable_by(|a, b| b.cmp(a));
    let total: u64 = rows.iter().map(|row| row.0).sum();
    *text += &format!("{total:>14}  total\n");
    let wanted = rows.iter().filter(|row| row.0 > 0 && row.1.contains(&options.only));
    for (count, name) in wanted.take(options.top) {
        *text += &format!("{count:>14}  {name}\n");
    }
}

extern "C" fn ended(_: Id, _: *mut c_void) {
    let counts = COUNTS.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let (Some(counts), Some(options)) = (counts.as_ref(), OPTIONS.get()) else {
        return;
    };
    let mut text = String::new();
    if options.from.is_none() && options.to.is_none() {
        list(&counts.now(), options, &mut text);
    } else if counts.sections.is_empty() {
        return eprintln!("insn-count: `from` or `to` never ran");
    }
    for section in &counts.sections {
        list(section, options, &mut text);
    }
    if let Ok(text) = CString::new(text) {
        // SAFETY: the text ends in a zero and lives during the call.
        unsafe { qemu_plugin_outs(text.as_ptr()) };
    }
}

/// Called by QEMU once, before the program starts.
///
/// # Safety
///
/// `argv` holds `argc` pointers to texts that end in a zero, as QEMU promises.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn qemu_plugin_install(
    id: Id,
    _info: *const c_void,
    argc: c_int,
    argv: *const *const c_char,
) -> c_int {
    let mut options = Options { top: 20, only: String::new(), from: None, to: None };
    for index in 0..usize::try_from(argc).unwrap_or(0) {
        // SAFETY: see above.
        let argument = unsafe { CStr::from_ptr(*argv.add(index)) }.to_string_lossy();
        match argument.split_once('=') {
            Some(("top", count)) if count.parse::<usize>().is_ok() => {
                options.top = count.parse().unwrap_or(options.top);
            }
            Some(("only", part)) => options.only = part.to_owned(),
            Some(("from", symbol)) => options.from = Some(symbol.to_owned()),
            Some(("to", symbol)) => options.to = Some(symbol.to_owned()),
            _ => {
                eprintln!(
                    "insn-count: unknown argument {argument:?}; there are top=, only=, from= and to="
                );
                return 1;
            }
        }
    }
    let _ = OPTIONS.set(options);
    // SAFETY: the callbacks have the types that the API asks for.
    unsafe {
        qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
        qemu_plugin_register_atexit_cb(id, ended, std::ptr::null_mut());
    }
    0
}
