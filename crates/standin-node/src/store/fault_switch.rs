//! Faults that were switched on over the API: they belong to the node, so both replicas show them.

use super::Store;
use crate::FaultSet;

impl Store {
    pub async fn read_faults(&self) -> Result<FaultSet, sqlx::Error> {
        let rows: Vec<(String,)> = self.query_as("SELECT setting FROM {schema}.fault_switch").fetch_all(self.pool()).await?;
        let corrupt = |error: String| sqlx::Error::Decode(error.into());
        rows.into_iter().map(|(setting,)| setting.parse().map_err(corrupt)).collect()
    }

    /// Replaces all switches.
    pub async fn save_faults(&self, faults: &FaultSet) -> Result<(), sqlx::Error> {
        let settings: Vec<String> = faults.iter().map(ToString::to_string).collect();
        let mut transaction = self.locked_transaction().await?;
        self.query("DELETE FROM {schema}.fault_switch").execute(&mut *transaction).await?;
        self.query("INSERT INTO {schema}.fault_switch (setting) SELECT unnest($1::text[])")
            .bind(settings)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await
    }
}
