//! The model's file: tensors by name.
//!
//! In: the bytes of a `.safetensors` file (eight bytes of length, a JSON object of names, the numbers). Out: tensors,
//! checked against the shape that is asked for. It reads only what the trainer writes: `F32`, `I8` and `U8`.

use serde_json::{Map, Value};

/// An opened file.
pub(in crate::extract) struct Weights<'b> {
    names: Map<String, Value>,
    numbers: &'b [u8],
}

impl<'b> Weights<'b> {
    /// Reads the table of names.
    pub(in crate::extract) fn open(bytes: &'b [u8]) -> Result<Self, String> {
        let (length, rest) = bytes.split_first_chunk().ok_or("the model is shorter than its header")?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| "the model's header is too long")?;
        let (header, numbers) = rest.split_at_checked(length).ok_or("the model is shorter than its header")?;
        let names =
            serde_json::from_slice(header).map_err(|error| format!("cannot read the model's header: {error}"))?;
        Ok(Self { names, numbers })
    }

    /// A setting of the trainer.
    pub(super) fn setting<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.names.get("__metadata__").and_then(|settings| settings.get(name)).and_then(Value::as_str);
        let text = text.ok_or_else(|| format!("the model does not state {name}"))?;
        text.parse().map_err(|_| format!("the model states {text} as {name}"))
    }

    /// The shape of a tensor.
    pub(super) fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        let shape = self.names.get(name).and_then(|entry| entry.get("shape")).and_then(Value::as_array);
        let sizes = shape.and_then(|sizes| sizes.iter().map(whole).collect());
        sizes.ok_or_else(|| format!("the model has no tensor {name}"))
    }

    /// Floats of that shape.
    pub(in crate::extract) fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        let bytes = self.tensor(name, "F32", 4, shape)?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
    }

    /// Small whole numbers of that shape.
    pub(in crate::extract) fn small(&self, name: &str, shape: &[usize]) -> Result<&'b [i8], String> {
        self.tensor(name, "I8", 1, shape).map(bytemuck::must_cast_slice)
    }

    /// A text.
    pub(in crate::extract) fn text(&self, name: &str) -> Result<&'b str, String> {
        let shape = self.shape(name)?;
        let bytes = self.tensor(name, "U8", 1, &shape)?;
        std::str::from_utf8(bytes).map_err(|error| format!("the model's {name} is no text: {error}"))
    }

    fn tensor(&self, name: &str, kind: &str, size: usize, shape: &[usize]) -> Result<&'b [u8], String> {
        let found = self.shape(name)?;
        let entry = self.names.get(name);
        let field = |field: &str| entry.and_then(|entry| entry.get(field));
        let found_kind = field("dtype").and_then(Value::as_str).unwrap_or_default();
        if found != shape || found_kind != kind {
            return Err(format!("the model's {name} is {found_kind}{found:?}, not {kind}{shape:?}"));
        }
        let from = field("data_offsets").and_then(|offsets| offsets.get(0)).and_then(whole);
        let to = field("data_offsets").and_then(|offsets| offsets.get(1)).and_then(whole);
        let bytes = from.zip(to).and_then(|(from, to)| self.numbers.get(from..to));
        let expected = shape.iter().try_fold(size, |size, length| size.checked_mul(*length));
        bytes.filter(|bytes| Some(bytes.len()) == expected).ok_or_else(|| format!("the model's {name} is cut short"))
    }
}

fn whole(value: &Value) -> Option<usize> {
    value.as_u64().and_then(|number| usize::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, numbers: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), numbers].concat()
    }

    #[test]
    fn reads_what_is_there_and_refuses_the_rest() {
        let bytes = file(
            r#"{"__metadata__":{"heads":"12"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[2],"data_offsets":[8,10]},"c":{"dtype":"F32","shape":[9],"data_offsets":[4,400]},"d":{"dtype":"I8","shape":[9],"data_offsets":[9,2]}}"#,
            &[0, 0, 128, 63, 0, 0, 0, 192, 255, 7],
        );
        let weights = Weights::open(&bytes).unwrap();
        assert_eq!(weights.setting("heads"), Ok(12));
        assert!(weights.setting::<usize>("layers").is_err());
        assert_eq!(weights.floats("a", &[1, 2]), Ok(vec![1.0, -2.0]));
        assert_eq!(weights.small("b", &[2]), Ok(&[-1, 7][..]));
        for (name, shape) in [("a", &[2, 1][..]), ("b", &[2]), ("c", &[9]), ("e", &[1])] {
            assert!(weights.floats(name, shape).is_err(), "{name}");
        }
        assert!(weights.small("d", &[9]).is_err());
        for cut in 0..bytes.len() {
            let _ = Weights::open(&bytes[..cut]).map(|weights| weights.floats("a", &[1, 2]));
        }
        assert!(Weights::open(&[255; 9]).is_err());
    }
}
