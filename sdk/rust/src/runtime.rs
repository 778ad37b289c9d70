//! What generated bindings ask of a runtime: memory that the host fills, and nothing else.
//!
//! As much of wit-bindgen's runtime as a world without resources, streams or maps uses, for an allocator that
//! never frees. Only compiled for `wasm32`.

use std::alloc::{self, Layout};

/// Memory for a list that is handed to the host. It would free it, where anything were freed.
#[derive(Debug)]
pub(crate) struct Cleanup(());

impl Cleanup {
    /// Room of that layout; null where it has no size.
    #[expect(unsafe_code, reason = "the layout has a size")]
    #[must_use]
    pub(crate) fn new(layout: Layout) -> (*mut u8, Option<Self>) {
        if layout.size() == 0 {
            return (std::ptr::null_mut(), None);
        }
        // SAFETY: not of size nought.
        let block = unsafe { alloc::alloc(layout) };
        if block.is_null() {
            alloc::handle_alloc_error(layout);
        }
        (block, Some(Self(())))
    }

    /// Leaves the memory to the host.
    pub(crate) const fn forget(self) {}
}

/// Runs what must run before anything else, once. Who calls this tells the linker not to do it around every export.
#[expect(unsafe_code, reason = "the linker makes the function, and a plugin is built without threads")]
pub(crate) fn run_ctors_once() {
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    static RUN: AtomicBool = AtomicBool::new(false);
    unsafe extern "C" {
        fn __wasm_call_ctors();
    }
    if !RUN.swap(true, Relaxed) {
        // SAFETY: made by the linker, of that signature; called once.
        unsafe { __wasm_call_ctors() };
    }
}

/// Names [`cabi_realloc`], so that the linker keeps and exports it.
pub(crate) fn maybe_link_cabi_realloc() {
    #[used]
    static KEPT: unsafe extern "C" fn(*mut u8, usize, usize, usize) -> *mut u8 = cabi_realloc;
}

/// How the host asks for memory to put a case into.
///
/// # Safety
/// As the canonical ABI has it: a block of `old_size` at `old`, or none where that is nought; `align` is a power of two.
#[expect(unsafe_code, reason = "exported by that name, called by what wit-component puts around the module")]
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn cabi_realloc(
    old: *mut u8,
    old_size: usize,
    align: usize,
    new_size: usize,
) -> *mut u8 {
    if new_size == 0 {
        return std::ptr::without_provenance_mut(align);
    }
    // SAFETY: what the canonical ABI promises.
    let block = unsafe {
        match old_size {
            0 => alloc::alloc(Layout::from_size_align_unchecked(new_size, align)),
            _ => alloc::realloc(old, Layout::from_size_align_unchecked(old_size, align), new_size),
        }
    };
    if block.is_null() {
        std::arch::wasm32::unreachable();
    }
    block
}
