//! One value of each type, made at first use: so that what a service keeps is declared where the service is.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::domain::debug_as;

#[derive(Default)]
pub struct TypedMap(Mutex<HashMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl TypedMap {
    /// The value of this type. `make` must not ask the map.
    pub fn get_or_insert_with<T: Any + Clone + Send + Sync>(&self, make: impl FnOnce() -> T) -> T {
        let mut values = self.0.lock();
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(make()));
        // Under the id of a type nothing but a value of it is inserted.
        value.downcast_ref::<T>().expect("a value of the type").clone()
    }

    /// The state of this type, shared by all who ask for it.
    pub fn state<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        self.get_or_insert_with(Arc::<T>::default)
    }
}

debug_as!(TypedMap, |_it| "TypedMap");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_value() {
        let map = TypedMap::default();
        assert_eq!(map.get_or_insert_with(|| 1_u32), 1);
        assert_eq!(map.get_or_insert_with(|| 2_u32), 1);
        assert_eq!(map.get_or_insert_with(|| 3_u64), 3);
        assert!(Arc::ptr_eq(&map.state::<Mutex<u32>>(), &map.state::<Mutex<u32>>()));
    }
}
