//! The line with hand-made frames and the sink in memory.
