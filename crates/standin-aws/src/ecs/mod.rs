//! The calls of ECS. Shapes as in botocore's `ecs/2014-11-13`.

mod definition;
mod service;
mod show;
mod task;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use crate::{
    error::{AwsError, Result},
    request::{Parameters, name_of},
    world::{ACCOUNT, Effect, REGION, View, World},
};

/// Of this service's calls, in `X-Amz-Target`.
pub const TARGET: &str = "AmazonEC2ContainerServiceV20141113";

/// One call: what it sees, changes, and has run.
pub struct Call<'a> {
    pub world: &'a mut World,
    pub lag: Duration,
    pub effects: Vec<Effect>,
}

impl Call<'_> {
    pub fn answer(&mut self, operation: &str, body: &Value) -> Result<Value> {
        let parameters = Parameters(body);
        match operation {
            "CreateCluster" => Ok(self.create_cluster(parameters)),
            "DescribeClusters" => Ok(self.describe_clusters(parameters)),
            "RegisterTaskDefinition" => self.register(parameters),
            "DescribeTaskDefinition" => self.describe_definition(parameters),
            "DeregisterTaskDefinition" => self.deregister(parameters),
            "ListTaskDefinitions" => Ok(self.list_definitions(parameters)),
            "CreateService" => self.create_service(parameters),
            "UpdateService" => self.update_service(parameters),
            "DeleteService" => self.delete_service(parameters),
            "DescribeServices" => self.describe_services(parameters),
            "ListServices" => self.list_services(parameters),
            "ListTasks" => self.list_tasks(parameters),
            "DescribeTasks" => self.describe_tasks(parameters),
            "StopTask" => self.stop_task(parameters),
            _ => Err(AwsError::new("UnknownOperationException", format!("the stand-in has no {operation}"))),
        }
    }

    fn seen(&mut self) -> View {
        self.world.seen(self.lag)
    }

    fn changed(&mut self) {
        self.world.remember(self.lag);
    }

    fn create_cluster(&mut self, parameters: Parameters<'_>) -> Value {
        let name = parameters.text("clusterName").unwrap_or("default");
        self.world.view.clusters.insert(name.to_owned(), Arc::from("ACTIVE"));
        self.changed();
        json!({ "cluster": cluster(name) })
    }

    fn describe_clusters(&mut self, parameters: Parameters<'_>) -> Value {
        let view = self.seen();
        let asked = parameters.list("clusters");
        let (found, missing): (Vec<&str>, Vec<&str>) =
            asked.into_iter().map(name_of).partition(|name| view.clusters.contains_key(*name));
        let missing = missing.iter().map(|name| json!({ "arn": cluster_arn(name), "reason": "MISSING" }));
        json!({ "clusters": found.iter().map(|name| cluster(name)).collect::<Vec<_>>(), "failures": missing.collect::<Vec<_>>() })
    }

    /// The cluster that a call names.
    fn cluster(&self, parameters: Parameters<'_>) -> Result<String> {
        let name = name_of(parameters.text("cluster").unwrap_or("default"));
        let is_there = self.world.view.clusters.contains_key(name);
        let missing = || AwsError::new("ClusterNotFoundException", "Cluster not found.");
        is_there.then(|| name.to_owned()).ok_or_else(missing)
    }
}

fn cluster_arn(name: &str) -> String {
    format!("arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{name}")
}

fn cluster(name: &str) -> Value {
    json!({ "clusterArn": cluster_arn(name), "clusterName": name, "status": "ACTIVE" })
}
