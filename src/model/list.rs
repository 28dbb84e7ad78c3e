//! Lists in scenario files: a list of one element may be written without the brackets.

use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// A list, or one that need not be there.
pub trait List: Sized {
    /// What is in it.
    type Element;

    /// The list of these elements.
    fn of(elements: Vec<Self::Element>) -> Self;
}

impl<T> List for Vec<T> {
    type Element = T;

    fn of(elements: Vec<T>) -> Vec<T> {
        elements
    }
}

impl<T> List for Option<Vec<T>> {
    type Element = T;

    fn of(elements: Vec<T>) -> Option<Vec<T>> {
        Some(elements)
    }
}

/// Writes the list.
///
/// # Errors
///
/// As the serializer has them.
pub fn serialize<L: List + Serialize, S: Serializer>(list: &L, to: S) -> Result<S::Ok, S::Error> {
    list.serialize(to)
}

/// Reads a list, or one element.
///
/// # Errors
///
/// As the deserializer has them.
pub fn deserialize<'de, L: List<Element: DeserializeOwned>, D: Deserializer<'de>>(
    from: D,
) -> Result<L, D::Error> {
    from.deserialize_any(Elements(std::marker::PhantomData)).map(L::of)
}

struct Elements<T>(std::marker::PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Elements<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list, or a single element")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = seq.next_element()? {
            list.push(element);
        }
        Ok(list)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<T>, E> {
        use serde::de::IntoDeserializer;
        let from: serde::de::value::StrDeserializer<'_, E> = text.into_deserializer();
        T::deserialize(from).map(|element| vec![element])
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Vec<T>, E> {
        use serde::de::IntoDeserializer;
        let from: serde::de::value::I64Deserializer<E> = number.into_deserializer();
        T::deserialize(from).map(|element| vec![element])
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Vec<T>, E> {
        use serde::de::IntoDeserializer;
        let from: serde::de::value::U64Deserializer<E> = number.into_deserializer();
        T::deserialize(from).map(|element| vec![element])
    }
}

/// A list, whose brackets may be left out if it has one element.
#[cfg(feature = "schema")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct OneOrMany<T>(std::marker::PhantomData<T>);

#[cfg(feature = "schema")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("OneOrMany{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let (one, many) = (generator.subschema_for::<T>(), generator.subschema_for::<Vec<T>>());
        schemars::json_schema!({ "anyOf": [many, one] })
    }
}

#[cfg(test)]
mod tests {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Holder {
        #[serde(deserialize_with = "super::deserialize")]
        list: Vec<u32>,
    }

    #[test]
    fn one_element_needs_no_brackets() {
        let one: Holder = toml::from_str("list = 7").expect("a single element is a list");
        let many: Holder = toml::from_str("list = [7]").expect("a list is a list");
        assert_eq!(one, many);
        assert!(toml::from_str::<Holder>("list = true").is_err());
    }
}
