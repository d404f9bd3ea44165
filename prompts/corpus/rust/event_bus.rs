//! Delivers events to subscribers on their own threads.

use std::collections::HashMap;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub topic: String,
    pub payload: String,
}

type Subscribers = HashMap<String, Vec<Sender<Event>>>;

#[derive(Clone, Default)]
pub struct EventBus {
    subscribers: Arc<Mutex<Subscribers>>,
}

impl EventBus {
    pub fn new() -> Self {
        Self::default()
    }

    /// Events of the topic from now on; "*" stands for all topics.
    pub fn subscribe(&self, topic: &str) -> Receiver<Event> {
        let (sender, receiver) = mpsc::channel();
        let mut subscribers = self.subscribers.lock().unwrap();
        subscribers.entry(topic.to_string()).or_default().push(sender);
        receiver
    }

    /// Number of subscribers that got the event; those that have gone are forgotten.
    pub fn publish(&self, topic: &str, payload: &str) -> usize {
        let event = Event { topic: topic.to_string(), payload: payload.to_string() };
        let mut subscribers = self.subscribers.lock().unwrap();
        let mut delivered = 0;
        for key in [topic, "*"] {
            if let Some(senders) = subscribers.get_mut(key) {
                senders.retain(|sender| sender.send(event.clone()).is_ok());
                delivered += senders.len();
            }
        }
        delivered
    }

    pub fn subscriber_count(&self, topic: &str) -> usize {
        self.subscribers.lock().unwrap().get(topic).map_or(0, Vec::len)
    }
}

/// Takes everything that has arrived without waiting.
pub fn drain(receiver: &Receiver<Event>) -> Vec<Event> {
    let mut events = Vec::new();
    while let Ok(event) = receiver.try_recv() {
        events.push(event);
    }
    events
}

/// Counts by topic of the events that arrive until the bus is gone.
pub fn count_by_topic(receiver: Receiver<Event>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for event in receiver {
        *counts.entry(event.topic).or_insert(0) += 1;
    }
    counts
}
