//! The parameters of a statement, as the program has them.

use sqlx::{
    Arguments, Encode, Postgres, Type,
    postgres::{PgArguments, PgHasArrayType},
};

use crate::Result;

/// A parameter's value as the server gets it.
pub(crate) trait Value {
    type Sql: for<'q> Encode<'q, Postgres> + Type<Postgres> + PgHasArrayType + 'static;
    fn sql(&self) -> Self::Sql;
}

impl Value for str {
    type Sql = String;
    fn sql(&self) -> String {
        self.to_owned()
    }
}

impl Value for [u8] {
    type Sql = Vec<u8>;
    fn sql(&self) -> Vec<u8> {
        self.to_vec()
    }
}

impl<T: Value + ?Sized> Value for &T {
    type Sql = T::Sql;
    fn sql(&self) -> T::Sql {
        (*self).sql()
    }
}

impl<T: Value> Value for Option<T> {
    type Sql = Option<T::Sql>;
    fn sql(&self) -> Option<T::Sql> {
        self.as_ref().map(Value::sql)
    }
}

/// One parameter, or several: an account is two.
pub(crate) trait Bind {
    fn bind(&self, to: &mut PgArguments) -> Result<()>;
}

pub(crate) fn add(to: &mut PgArguments, value: &(impl Value + ?Sized)) -> Result<()> {
    Ok(to.add(value.sql()).map_err(sqlx::Error::Encode)?)
}

impl Bind for str {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        add(to, self)
    }
}

impl Bind for [u8] {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        add(to, self)
    }
}

impl<T: Value> Bind for Option<T> {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        add(to, self)
    }
}

impl<T: Value> Bind for [T] {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        let all: Vec<T::Sql> = self.iter().map(Value::sql).collect();
        Ok(to.add(all).map_err(sqlx::Error::Encode)?)
    }
}

impl<T: Value> Bind for Vec<T> {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        self.as_slice().bind(to)
    }
}

impl<T: Bind + ?Sized> Bind for &T {
    fn bind(&self, to: &mut PgArguments) -> Result<()> {
        (*self).bind(to)
    }
}

/// The parameters of a statement, in the order of their numbers.
macro_rules! args {
    () => { sqlx::postgres::PgArguments::default() };
    ($($value:expr),+ $(,)?) => {{
        let mut all = sqlx::postgres::PgArguments::default();
        $($crate::parameter::Bind::bind(&$value, &mut all)?;)+
        all
    }};
}
pub(crate) use args;
