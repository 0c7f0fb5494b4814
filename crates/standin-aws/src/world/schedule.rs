//! What ECS does by itself: tasks come and go, services keep as many as they are to have, and a service that is deleted is drained.

use std::{collections::HashMap, sync::Arc, time::Duration};

use super::{Effect, Health, Rollout, ServiceStatus, Status, Task, World, ZONES};

/// Why a service ends a task of its own.
const SCALING: &str = "Scaling activity initiated by deployment";
const UNHEALTHY: &str = "Task failed container health checks";

impl World {
    /// Time goes on. Returns what is to be run and ended.
    pub fn tick(&mut self, now: Duration) -> Vec<Effect> {
        self.now = self.now.max(now);
        let mut effects = Vec::new();
        let tasks: Vec<Arc<Task>> = self.view.tasks.values().cloned().collect();
        for task in tasks {
            self.go_on(&task, &mut effects);
        }
        let mut living = HashMap::<String, Vec<Arc<Task>>>::new();
        for task in self.view.tasks.values().filter(|task| !task.is_over()) {
            living.entry(task.service.clone()).or_default().push(task.clone());
        }
        let names: Vec<String> = self.view.services.keys().cloned().collect();
        for name in names {
            self.schedule(&name, &living.remove(&name).unwrap_or_default(), &mut effects);
        }
        let (now, times) = (self.now, self.times);
        self.view.tasks.retain(|_, task| !task.is_over() || task.ended.is_none_or(|ended| now < ended + times.told));
        let is_gone = |since: Duration| now >= since + times.forgotten;
        self.view.services.retain(|_, service| service.status != ServiceStatus::Inactive || !is_gone(service.since));
        effects
    }

    /// A task's own way.
    fn go_on(&mut self, task: &Task, effects: &mut Vec<Effect>) {
        let (now, times) = (self.now, self.times);
        let to = match task.status {
            Status::Provisioning | Status::Pending if !task.is_wanted => Status::Stopped,
            Status::Provisioning if now >= task.made + times.start / 2 => Status::Pending,
            Status::Pending if now >= task.made + times.start => Status::Running,
            Status::Deprovisioning if task.ended.is_some_and(|ended| now >= ended + times.end) => Status::Stopped,
            _ => return,
        };
        if to == Status::Running
            && let Some(definition) = self.view.definitions.get(&task.definition).cloned()
        {
            effects.push(Effect::Start(Arc::new(Task { status: Status::Running, ..task.clone() }), definition));
        }
        if let Some(task) = self.task_mut(&task.arn) {
            task.status = to;
            task.version += 1;
            if to == Status::Running {
                task.started = Some(now);
            }
            if to == Status::Stopped && task.ended.is_none() {
                task.ended = Some(now);
            }
        }
    }

    fn schedule(&mut self, name: &str, living: &[Arc<Task>], effects: &mut Vec<Effect>) {
        let Some(service) = self.view.services.get(name).cloned() else { return };
        let wanted: Vec<&Arc<Task>> = living.iter().filter(|task| task.is_wanted).collect();
        if service.status == ServiceStatus::Draining && living.is_empty() {
            let now = self.now;
            if let Some(service) = self.service_mut(name) {
                (service.status, service.since) = (ServiceStatus::Inactive, now);
            }
            return;
        }
        let desired = if service.status == ServiceStatus::Active { service.desired as usize } else { 0 };
        let staying = wanted.iter().filter(|task| task.leaves.is_none()).count();
        let well = wanted.iter().filter(|task| task.is_well()).count();
        self.judge(name, well, desired);
        let most = (desired * service.maximum as usize) / 100;
        let lacking = desired.saturating_sub(staying).min(most.saturating_sub(wanted.len()));
        for _ in 0..lacking {
            self.start_one(name);
        }
        // Start first: those that leave do so once as many as are desired are well without them, and at once where none is desired.
        let leaving = wanted.iter().filter(|task| task.leaves.is_some() && (well >= desired || desired == 0));
        let ending: Vec<(String, &str)> = leaving.map(|task| (task.arn.clone(), task.leaves.unwrap_or(SCALING))).collect();
        for (arn, why) in ending {
            self.end(&arn, "ServiceSchedulerInitiated", why, effects);
        }
        // The service picks who goes, and prefers whoever does not run well.
        let mut surplus: Vec<&Arc<Task>> = wanted.iter().filter(|task| task.leaves.is_none()).copied().collect();
        surplus.sort_by_key(|task| (task.is_well(), std::cmp::Reverse(task.made)));
        let count = surplus.len().saturating_sub(desired);
        let ending: Vec<String> = surplus.into_iter().take(count).map(|task| task.arn.clone()).collect();
        for arn in ending {
            self.end(&arn, "ServiceSchedulerInitiated", SCALING, effects);
        }
    }

    /// What has become of the deployment.
    fn judge(&mut self, name: &str, well: usize, desired: usize) {
        let now = self.now;
        let Some(service) = self.service_mut(name).filter(|service| service.rollout == Rollout::InProgress) else { return };
        if well >= desired {
            service.rollout = Rollout::Completed;
            let event = format!("(service {name}) has reached a steady state.");
            service.tell(now, &event);
        } else if service.breaker.is_some_and(|breaker| service.failed_tasks >= breaker.failures) {
            service.rollout = Rollout::Failed;
            let event =
                format!("(service {name}) (deployment {}) deployment failed: tasks failed to start.", service.deployment_id);
            service.tell(now, &event);
        }
    }

    fn start_one(&mut self, name: &str) {
        let (now, has_capacity) = (self.now, self.has_capacity);
        let address = if has_capacity { self.next_address() } else { None };
        let Some(service) = self.service_mut(name).filter(|service| service.rollout != Rollout::Failed) else { return };
        let Some(address) = address else {
            let event = format!(
                "(service {name}) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again later or in a different availability zone."
            );
            return service.tell(now, &event);
        };
        let service = service.clone();
        let cluster = service.arn.split('/').nth(1).unwrap_or_default().to_owned();
        let arn = format!("arn:aws:ecs:{}:{}:task/{cluster}/{}", super::REGION, super::ACCOUNT, self.dice.digits(32));
        let mut in_zone = HashMap::from(ZONES.map(|zone| (zone, 0)));
        for task in self.view.tasks.values().filter(|task| task.service == name && task.is_wanted) {
            *in_zone.entry(task.zone).or_default() += 1;
        }
        let zone = ZONES.into_iter().min_by_key(|zone| in_zone[zone]).unwrap_or(ZONES[0]);
        let has_check = self.view.definitions.get(&service.definition).is_some_and(|it| it.health_check().is_some());
        let task = Task {
            group: service.group(),
            service: service.name.clone(),
            definition: service.definition.clone(),
            address,
            zone,
            status: Status::Provisioning,
            is_wanted: true,
            health: Health::Unknown,
            has_check,
            leaves: None,
            made: now,
            started: None,
            ended: None,
            stop_code: None,
            reason: None,
            exit_code: None,
            version: 1,
            arn: arn.clone(),
        };
        self.view.tasks.insert(arn, Arc::new(task));
    }

    /// A task is to end. What says so first is why.
    pub fn end(&mut self, arn: &str, code: &'static str, reason: &str, effects: &mut Vec<Effect>) {
        let Some(task) = self.task_mut(arn).filter(|task| task.is_wanted) else { return };
        task.is_wanted = false;
        task.version += 1;
        task.stop_code.get_or_insert(code);
        task.reason.get_or_insert_with(|| reason.to_owned());
        if task.status == Status::Running {
            task.status = Status::Stopping;
            effects.push(Effect::Terminate(arn.to_owned()));
        }
    }

    /// A task's container has ended, or could not be made.
    pub fn ended(&mut self, arn: &str, exit_code: Option<i32>, failure: Option<&str>) {
        let now = self.now;
        let Some(task) = self.task_mut(arn).filter(|task| task.status < Status::Deprovisioning) else { return };
        let came_by_itself = task.is_wanted;
        let was_well = task.health == Health::Healthy;
        (task.is_wanted, task.status, task.ended, task.exit_code) = (false, Status::Deprovisioning, Some(now), exit_code);
        task.version += 1;
        let (code, reason) = match failure {
            Some(reason) => ("TaskFailedToStart", reason),
            None => ("EssentialContainerExited", "Essential container in task exited"),
        };
        task.stop_code.get_or_insert(code);
        task.reason.get_or_insert_with(|| reason.to_owned());
        let name = task.service.clone();
        // One that was well before counts for no deployment.
        if let Some(service) = self.service_mut(&name).filter(|_| came_by_itself && !was_well) {
            service.failed_tasks += 1;
        }
    }

    /// What a container's health check says now.
    pub fn checked(&mut self, arn: &str, health: Health) {
        let Some(task) = self.task_mut(arn).filter(|task| task.status == Status::Running && task.health != health) else {
            return;
        };
        task.health = health;
        task.version += 1;
        if health == Health::Unhealthy {
            task.leaves.get_or_insert(UNHEALTHY);
        }
        let name = task.service.clone();
        let Some(service) = self.service_mut(&name) else { return };
        match (health, service.breaker) {
            (Health::Healthy, Some(breaker)) if breaker.resets_on_healthy => service.failed_tasks = 0,
            (Health::Unhealthy, _) if service.rollout == Rollout::InProgress => service.failed_tasks += 1,
            _ => {}
        }
    }

    /// AWS takes a task's host away: its service starts another one first.
    pub fn retire(&mut self, arn: &str) {
        if let Some(task) = self.task_mut(arn) {
            task.leaves = Some("ECS is performing maintenance on the underlying infrastructure hosting the task.");
        }
    }

    /// One task of each service that allows it moves to another zone.
    pub fn rebalance(&mut self) {
        let moving: Vec<String> =
            self.view.services.values().filter(|service| service.rebalances).map(|service| service.name.clone()).collect();
        for name in moving {
            let task = self.view.tasks.values().find(|task| task.service == name && task.is_well()).map(|task| task.arn.clone());
            if let Some(task) = task.and_then(|arn| self.task_mut(&arn)) {
                task.leaves = Some("Availability Zone rebalancing");
            }
        }
    }
}
