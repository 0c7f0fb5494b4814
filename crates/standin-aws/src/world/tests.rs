use std::{sync::Arc, time::Duration};

use serde_json::json;

use super::*;

const STEP_TIME: Duration = Duration::from_secs(1);

fn world() -> World {
    let mut world = World::new(1, Times::at_pace(1));
    let told = json!({ "containerDefinitions": [{ "healthCheck": { "command": ["CMD-SHELL", "true"] } }] });
    let definition = Definition { arn: "d:1".into(), family: "d".into(), revision: 1, is_active: true, told };
    world.view.definitions.insert("d:1".into(), Arc::new(definition));
    let service = Service {
        arn: "arn:aws:ecs:us-east-1:1:service/pool/s".into(),
        name: "s".into(),
        status: ServiceStatus::Active,
        since: Duration::ZERO,
        made: Duration::ZERO,
        desired: 2,
        definition: "d:1".into(),
        maximum: 200,
        rebalances: false,
        breaker: Some(Breaker { failures: 3, resets_on_healthy: false }),
        rollout: Rollout::InProgress,
        deployment_id: "ecs-svc/1".into(),
        failed_tasks: 0,
        token: None,
        told: json!({}),
        events: Default::default(),
    };
    world.view.services.insert("s".into(), Arc::new(service));
    world
}

/// So many seconds, in which every container that is started or ended does so at once; returns what was done.
fn pass(world: &mut World, seconds: u32, mut started: impl FnMut(&mut World, &Task)) -> Vec<Effect> {
    let mut all = Vec::new();
    for _ in 0..seconds {
        for effect in world.tick(world.now + STEP_TIME) {
            match &effect {
                Effect::Start(task, _) => started(world, task),
                Effect::Terminate(arn) => world.ended(arn, Some(0), None),
            }
            all.push(effect);
        }
    }
    all
}

fn well(world: &mut World, task: &Task) {
    world.checked(&task.arn, Health::Healthy);
}

fn living(world: &World) -> Vec<Arc<Task>> {
    world.view.tasks.values().filter(|task| task.is_wanted).cloned().collect()
}

fn terminated(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Terminate(_))).count()
}

#[test]
fn a_service_has_two_tasks_in_two_zones_and_is_completed_when_they_are_well() {
    let mut world = world();
    pass(&mut world, 40, well);
    let zones: std::collections::BTreeSet<&str> = living(&world).iter().map(|task| task.zone).collect();
    assert_eq!((living(&world).len(), zones.len()), (2, 2));
    assert_eq!(world.view.services["s"].rollout, Rollout::Completed);
}

#[test]
fn a_sick_task_and_one_whose_host_goes_away_end_only_when_another_is_well_in_their_stead() {
    for leave in [|world: &mut World, arn: &str| world.checked(arn, Health::Unhealthy), World::retire] {
        let mut world = world();
        pass(&mut world, 40, well);
        let leaver = living(&world)[0].arn.clone();
        leave(&mut world, &leaver);
        let effects = pass(&mut world, 29, well);
        assert_eq!((living(&world).len(), terminated(&effects)), (3, 0), "another is on its way");
        let effects = pass(&mut world, 5, well);
        assert_eq!((living(&world).len(), terminated(&effects)), (2, 1));
        assert!(!living(&world).iter().any(|task| task.arn == leaver));
    }
}

#[test]
fn three_failures_of_a_first_deployment_stop_it_and_those_of_one_that_was_well_do_not() {
    let mut world = world();
    pass(&mut world, 200, |world, task| world.ended(&task.arn, Some(1), None));
    let service = world.view.services["s"].clone();
    assert_eq!((service.rollout, living(&world).len()), (Rollout::Failed, 0), "{service:?}");
    assert!((3..=4).contains(&service.failed_tasks), "two were on their way: {service:?}");
    let mut world = self::world();
    pass(&mut world, 40, well);
    for _ in 0..5 {
        let arn = living(&world)[0].arn.clone();
        world.ended(&arn, Some(1), None);
        pass(&mut world, 60, well);
    }
    assert_eq!((world.view.services["s"].rollout, living(&world).len()), (Rollout::Completed, 2));
}

#[test]
fn a_deleted_service_keeps_its_name_until_its_last_task_is_gone() {
    let mut world = world();
    pass(&mut world, 40, well);
    world.service_mut("s").unwrap().status = ServiceStatus::Draining;
    pass(&mut world, 5, well);
    assert_eq!(world.view.services["s"].status, ServiceStatus::Draining);
    pass(&mut world, 20, well);
    assert_eq!(world.view.services["s"].status, ServiceStatus::Inactive);
}

#[test]
fn a_move_to_another_zone_is_for_services_that_allow_it_alone() {
    let mut world = world();
    pass(&mut world, 40, well);
    world.rebalance();
    assert_eq!(terminated(&pass(&mut world, 60, well)), 0);
    world.service_mut("s").unwrap().rebalances = true;
    world.rebalance();
    assert_eq!(terminated(&pass(&mut world, 60, well)), 1);
}

#[test]
fn without_capacity_a_service_says_so_and_has_its_tasks_when_there_is_some_again() {
    let mut world = world();
    world.has_capacity = false;
    pass(&mut world, 60, well);
    let said = world.view.services["s"].events.front().unwrap().1.clone();
    assert!(living(&world).is_empty() && said.contains("Capacity is unavailable"), "{said}");
    world.has_capacity = true;
    pass(&mut world, 60, well);
    assert_eq!(living(&world).len(), 2);
}

#[test]
fn a_reader_may_see_what_was_and_never_what_was_longer_ago_than_the_lag() {
    let (mut world, lag) = (world(), Duration::from_secs(10));
    let mut seen = std::collections::BTreeSet::new();
    for desired in 0..100 {
        world.now += STEP_TIME;
        world.service_mut("s").unwrap().desired = desired;
        world.remember(lag);
        let age = desired - world.seen(lag).services["s"].desired;
        assert!(age <= 10, "{age}");
        seen.insert(age);
    }
    assert!(seen.len() > 5, "{seen:?}");
    assert_eq!(world.seen(Duration::ZERO).services["s"].desired, 99);
}
