//! What only ECS does.

use std::{fs, path::PathBuf, time::Duration};

use linkpool_db::fleet::{PairHealth, Phase};
use linkpool_fleet_ecs::EcsBackend;
use linkpool_standin_aws::{Rollout, Status, Task};
use linkpool_testkit::until;

use crate::{
    backend::program_path,
    fixture::{Fixture, PATIENCE_TIME, Running},
    rollout::fixture::OLD,
};

fn tasks(fixture: &Fixture) -> Vec<Task> {
    let all = fixture.surroundings.aws.world(|world| world.view.tasks.values().map(|task| (**task).clone()).collect::<Vec<_>>());
    all.into_iter().filter(|task| task.status == Status::Running).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_makes_one_service_of_two_tasks_and_no_secret_stands_in_what_everybody_may_read() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (services, definitions) =
        fixture.surroundings.aws.world(|world| (world.view.services.clone(), world.view.definitions.clone()));
    assert_eq!(services.keys().collect::<Vec<_>>(), [&format!("test-{id}-g1")]);
    let service = services.values().next().unwrap();
    assert_eq!((service.desired, service.rebalances, service.maximum), (2, false, 200));
    assert_eq!(service.breaker.map(|breaker| (breaker.failures, breaker.resets_on_healthy)), Some((3, false)));
    let told: String = definitions.values().map(|it| it.told.to_string()).collect();
    let password = fixture.url.split(':').nth(2).unwrap().split('@').next().unwrap();
    assert!(!told.contains(password) && !told.contains("postgres://") && told.contains(":keystore::"), "{told}");
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_go_on_without_a_fleet_and_the_next_one_takes_them_over_as_they_are() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (before, serving) = (fixture.processes(&id), fixture.serving(&id).await);
    fleet.stop().await;
    let fleet = fixture.fleet().await;
    let other = fixture.request("two", 1).await.nodes.remove(0).id;
    fixture.phase(&other, Phase::Healthy).await;
    assert_eq!((fixture.processes(&id), fixture.serving(&id).await), (before, serving));
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_whose_host_goes_away_is_replaced_by_ecs_and_the_node_is_whole_again() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let (active, _) = fixture.serving(&id).await;
    fixture.surroundings.aws.world(|world| world.retire(&active));
    until("its end", PATIENCE_TIME, async || tasks(&fixture).iter().all(|task| task.arn != active)).await;
    let whole = |node: &linkpool_db::fleet::FleetNode, replicas: &[linkpool_db::fleet::Replica]| {
        node.health == PairHealth::Healthy && replicas.len() == 2 && replicas.iter().all(|it| it.replica_id != active)
    };
    fixture.until(&id, "both again", whole).await;
    // Nobody moves them between zones.
    let before = fixture.processes(&id);
    fixture.surroundings.aws.world(linkpool_standin_aws::World::rebalance);
    let other = fixture.request("two", 1).await.nodes.remove(0).id;
    fixture.phase(&other, Phase::Healthy).await;
    assert_eq!(fixture.processes(&id), before);
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_capacity_a_node_says_so_and_is_made_once_there_is_some() {
    let fixture = Fixture::set().await;
    fixture.surroundings.aws.behave(|it| it.has_capacity = false);
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let says = |node: &linkpool_db::fleet::FleetNode, _: &[linkpool_db::fleet::Replica]| {
        node.last_error.as_ref().is_some_and(|error| error.contains("Capacity is unavailable"))
    };
    fixture.until(&id, "the reason", says).await;
    fixture.surroundings.aws.behave(|it| it.has_capacity = true);
    fixture.phase(&id, Phase::Healthy).await;
    fleet.stop().await;
}

/// One node whose program ends at once.
struct Failing {
    fixture: Fixture,
    id: String,
    path: PathBuf,
    good: String,
}

impl Failing {
    /// And the fleet that wants it.
    async fn begin() -> (Self, Running) {
        let fixture = Fixture::set().await;
        let path = program_path(fixture.path(), OLD);
        let good = fs::read_to_string(&path).unwrap();
        fs::write(&path, "#!/bin/sh\nexit 1\n").unwrap();
        let fleet = fixture.fleet().await;
        let id = fixture.request("one", 1).await.nodes.remove(0).id;
        (Self { fixture, id, path, good }, fleet)
    }

    /// Waits until its deployment stands so.
    async fn until(&self, rollout: Rollout) {
        let aws = &self.fixture.surroundings.aws;
        let is_so = async || aws.world(|world| world.view.services.values().any(|service| service.rollout == rollout));
        until("the deployment", PATIENCE_TIME, is_so).await;
    }

    /// The program works from now on.
    fn mend(&self) {
        fs::write(&self.path, &self.good).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_ecs_has_given_up_is_begun_again() {
    let (failing, fleet) = Failing::begin().await;
    failing.until(Rollout::Failed).await;
    let says = |node: &linkpool_db::fleet::FleetNode, _: &[linkpool_db::fleet::Replica]| {
        node.last_error.as_ref().is_some_and(|error| error.contains("fail") || error.contains("exited (exit code 1)"))
    };
    failing.fixture.until(&failing.id, "the reason", says).await;
    failing.mend();
    failing.fixture.phase(&failing.id, Phase::Healthy).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_ecs_gave_up_while_no_fleet_looked_is_begun_again_by_the_next_one() {
    let (failing, fleet) = Failing::begin().await;
    failing.until(Rollout::InProgress).await;
    fleet.stop().await;
    failing.until(Rollout::Failed).await;
    failing.mend();
    let fleet = failing.fixture.fleet().await;
    failing.fixture.phase(&failing.id, Phase::Healthy).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_policy_allows_is_said_with_the_statement_that_does() {
    let (fixture, denied) = (Fixture::set().await, "of docs/aws/fleet.json allows it");
    let aws = &fixture.surroundings.aws;
    let (account, config) = fixture.usual();
    let backend = EcsBackend::new(account, config).unwrap();
    aws.behave(|it| it.denied = vec!["ecs:ListTasks"]);
    let says = format!("the statement ListWhatIsInIt {denied}");
    // Reads lag: as long as the account may be seen without its cluster, that is what is missing.
    let refused = async || backend.check().await.is_err_and(|why| why.contains(&says));
    until("what may not be listed", PATIENCE_TIME, refused).await;
    aws.behave(|it| it.denied = vec!["ecs:RegisterTaskDefinition"]);
    until("a check that holds", PATIENCE_TIME, async || backend.check().await.is_ok()).await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    let says = |node: &linkpool_db::fleet::FleetNode, _: &[linkpool_db::fleet::Replica]| {
        let says = format!("the statement DefineNodes {denied}");
        node.last_error.as_ref().is_some_and(|error| error.contains(&says))
    };
    fixture.until(&id, "the reason", says).await;
    aws.behave(|it| it.denied = Vec::new());
    fixture.phase(&id, Phase::Healthy).await;
    fleet.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_aws_can_not_be_asked_nothing_is_done_and_nothing_is_lost() {
    let fixture = Fixture::set().await;
    let fleet = fixture.fleet().await;
    let id = fixture.request("one", 1).await.nodes.remove(0).id;
    fixture.phase(&id, Phase::Healthy).await;
    let before = fixture.processes(&id);
    fixture.surroundings.aws.behave(|it| it.lost_calls = 1_000);
    let other = fixture.request("two", 1).await.nodes.remove(0).id;
    let (calls, _) = fixture.surroundings.aws.counted();
    let asked = async || {
        let (now, _) = fixture.surroundings.aws.counted();
        now.values().sum::<u64>() > calls.values().sum::<u64>() + 20
    };
    until("twenty calls in vain", Duration::from_secs(120), asked).await;
    assert_eq!(fixture.processes(&id), before);
    fixture.surroundings.aws.behave(|it| it.lost_calls = 20);
    fixture.phase(&other, Phase::Healthy).await;
    assert_eq!(fixture.processes(&id), before);
    fleet.stop().await;
}
