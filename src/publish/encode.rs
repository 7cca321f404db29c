//! Enriched and verdict to records: the only place that knows the wire form.
