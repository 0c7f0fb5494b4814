//! What was seen of the account last. It is whole, or it is not there.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use linkpool_fleet::SetKey;

use crate::{
    answer::{Service, Task},
    names::set_of,
};

/// One service, and when it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct SeenService {
    pub service: Service,
    pub asked: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub services: HashMap<SetKey, SeenService>,
    pub tasks: HashMap<String, Task>,
    /// When the last whole listings began.
    pub services_listed: Option<Instant>,
    pub tasks_listed: Option<Instant>,
    /// Why there is no newer one.
    pub trouble: Option<String>,
    /// Sets that were deleted: a listing that lags may show them for a while.
    gone: HashMap<SetKey, Instant>,
    /// Tasks that were told to end, before a listing shows it.
    pub replaced: HashMap<String, Instant>,
    /// Since when each set has fewer tasks than it is to have.
    pub lacking: HashMap<SetKey, Instant>,
    /// How each set's last task ended.
    pub endings: HashMap<SetKey, String>,
}

/// For how long a deleted set is remembered: ECS tells of an inactive service for about as long.
const GONE_TIME: Duration = Duration::from_secs(3_600);

impl Seen {
    pub fn list_services(&mut self, prefix: &str, asked: Instant, services: Vec<Service>) {
        let listed: HashMap<SetKey, Service> =
            services.into_iter().filter_map(|service| Some((set_of(prefix, &service.service_name)?, service))).collect();
        // One that was asked for alone since is newer.
        self.services.retain(|key, known| known.asked > asked || listed.contains_key(key));
        for (key, service) in listed {
            self.show_service(key, asked, service);
        }
        self.services_listed = Some(asked);
        self.gone.retain(|_, at| at.elapsed() < GONE_TIME);
    }

    /// One service alone.
    pub fn show_service(&mut self, key: SetKey, asked: Instant, service: Service) {
        if self.services.get(&key).is_none_or(|known| known.asked <= asked) {
            self.services.insert(key, SeenService { service, asked });
        }
    }

    pub fn list_tasks(&mut self, prefix: &str, asked: Instant, tasks: Vec<Task>) {
        for task in tasks.iter().filter(|task| task.has_ended()) {
            let was_known = self.tasks.get(&task.task_arn).is_some_and(Task::has_ended);
            if let (false, Some(key)) = (was_known, group_of(prefix, task)) {
                self.endings.insert(key, task.ending());
            }
        }
        // What has ended stays ended, however old an answer is.
        let ended: HashMap<String, Task> = self.tasks.drain().filter(|(_, task)| task.has_ended()).collect();
        self.tasks = tasks.into_iter().map(|task| (task.task_arn.clone(), task)).collect();
        for (arn, task) in ended {
            if let Some(now) = self.tasks.get_mut(&arn)
                && !now.has_ended()
            {
                *now = task;
            }
        }
        self.replaced.retain(|arn, _| self.tasks.get(arn).is_some_and(|task| !task.has_ended()));
        self.tasks_listed = Some(asked);
    }

    /// Those of a set that may run still.
    pub fn living<'a>(&'a self, prefix: &'a str, key: &'a SetKey) -> impl Iterator<Item = &'a Task> {
        self.tasks.values().filter(move |task| !task.has_ended() && group_of(prefix, task).as_ref() == Some(key))
    }

    /// It was deleted: whatever is listed of it from now on is old.
    pub fn forget(&mut self, key: &SetKey) {
        self.services.remove(key);
        self.endings.remove(key);
        self.lacking.remove(key);
        self.gone.insert(key.clone(), Instant::now());
    }

    pub fn is_gone(&self, key: &SetKey) -> bool {
        self.gone.contains_key(key)
    }

    /// It is made again.
    pub fn remember(&mut self, key: &SetKey) {
        self.gone.remove(key);
    }
}

/// The set that a task belongs to: its group is `service:` and the service's name.
pub(crate) fn group_of(prefix: &str, task: &Task) -> Option<SetKey> {
    set_of(prefix, task.group.strip_prefix("service:")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(arn: &str, status: &str) -> Task {
        Task {
            task_arn: arn.into(),
            group: "service:pool-0123456789ab-g1".into(),
            last_status: status.into(),
            desired_status: "RUNNING".into(),
            stopped_reason: Some("out of memory".into()),
            containers: Vec::new(),
        }
    }

    #[test]
    fn a_task_that_has_ended_does_not_come_back_by_an_answer_that_lags() {
        let (mut seen, now) = (Seen::default(), Instant::now());
        let key = SetKey { node_id: "0123456789ab".into(), generation: 1 };
        seen.list_tasks("pool", now, vec![task("a", "STOPPED"), task("b", "RUNNING")]);
        seen.list_tasks("pool", now, vec![task("a", "RUNNING"), task("b", "RUNNING")]);
        assert_eq!(seen.living("pool", &key).map(|task| task.task_arn.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(seen.endings[&key], "out of memory");
    }
}
