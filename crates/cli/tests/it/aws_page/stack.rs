//! What CloudFormation would make of the template.

use linkpool_aws::Service;
use serde_json::{Value, json};

use super::walk::Walk;
use crate::aws_call::call;

const TEMPLATE_FILE: &str = "docs/aws/account.json";
const TEMPLATE: &str = include_str!("../../../../../docs/aws/account.json");

impl Walk {
    /// The words of its outputs are known from then on.
    pub async fn make_stack(&mut self, options: &[&str]) {
        assert!(options.windows(2).any(|pair| pair == ["--template-file", TEMPLATE_FILE]), "{options:?}");
        let template: Value = serde_json::from_str(TEMPLATE).unwrap();
        for (name, parameter) in template["Parameters"].as_object().unwrap() {
            let is_given = options.iter().any(|option| option.starts_with(&format!("{name}=")));
            assert!(is_given || parameter["Default"].is_string(), "the page does not give {name}");
        }
        for (output, told) in template["Outputs"].as_object().unwrap() {
            let value = &told["Value"];
            let resource = value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str()).unwrap();
            let made = self.make(resource, &template).await;
            self.words.insert(capitals(output), made);
        }
    }

    /// A resource of the template; how it is called.
    async fn make(&self, name: &str, template: &Value) -> String {
        let resource = &template["Resources"][name];
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap() {
            "AWS::ECS::Cluster" => {
                let cluster = template["Parameters"]["Name"]["Default"].as_str().unwrap();
                call(&self.aws, Service::Ecs, "CreateCluster", json!({ "clusterName": cluster })).await;
                cluster.to_owned()
            }
            "AWS::KMS::Key" => {
                let body = json!({ "KeySpec": properties["KeySpec"], "KeyUsage": properties["KeyUsage"] });
                let made = call(&self.aws, Service::Kms, "CreateKey", body).await;
                made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
            }
            _ => format!("arn:aws:iam::123456789012:pool/{name}"),
        }
    }
}

/// An output's name as the page writes it.
fn capitals(name: &str) -> String {
    let mut capitals = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.extend(letter.to_uppercase());
    }
    capitals
}
