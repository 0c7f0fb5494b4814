//! What a process keeps of the memory that it no longer needs.

/// Few pools, of which what is free goes back to the system: by itself the GNU library keeps one a thread, and in each what large answers of a
/// chain have left. An indexer then holds 85 MB instead of 147. Call it before there are threads; other libraries do as they do.
#[cfg_attr(target_env = "gnu", expect(unsafe_code))]
pub fn keep_little() {
    #[cfg(target_env = "gnu")]
    for (option, value) in [(libc::M_ARENA_MAX, 2), (libc::M_MMAP_THRESHOLD, 1 << 20), (libc::M_TRIM_THRESHOLD, 4 << 20)] {
        // SAFETY: it takes two numbers, whatever they are, and nothing else runs yet.
        unsafe { libc::mallopt(option, value) };
    }
}
