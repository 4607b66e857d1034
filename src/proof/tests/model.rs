//! A model server: a list in some order, writes that change it, lies that it tells, and its whole history.
//!
//! It takes the total and the rows of an answer from its states at two instants, and remembers every state.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use crate::page::{Asked, Pagination, RowKey};

/// The order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `created_at` descending, then id descending.
    Newest,
    /// `created_at` ascending, then id ascending.
    Oldest,
    Ids,
    IdsDescending,
    /// `updated_at` descending, then id descending.
    Updated,
    UpdatedAscending,
    Name,
    /// `created_at` descending, ties in an order that differs from answer to answer.
    UnstableTies,
    /// `created_at` descending, ties in an arbitrary order that stays.
    ArbitraryTies,
}

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Newest,
        Self::Oldest,
        Self::Ids,
        Self::IdsDescending,
        Self::Updated,
        Self::UpdatedAscending,
        Self::Name,
        Self::UnstableTies,
        Self::ArbitraryTies,
    ];
}

/// The instants of an answer's total and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instants {
    /// One for both.
    One,
    /// Two, the total's first in every answer.
    CountFirst,
    /// Two, the rows' first in every answer.
    RowsFirst,
    /// Two, in either order from answer to answer.
    Either,
}

impl Instants {
    pub const ALL: [Self; 4] = [Self::One, Self::CountFirst, Self::RowsFirst, Self::Either];

    /// Whether the total of an answer comes first.
    pub fn count_first(self, answer: u64, seed: u64) -> bool {
        match self {
            Self::One | Self::CountFirst => true,
            Self::RowsFirst => false,
            Self::Either => mix((seed, answer, "first")).is_multiple_of(2),
        }
    }
}

/// A change to the list. Numbers choose the contact.
#[derive(Clone, Copy, Debug)]
pub enum Write {
    Insert,
    /// Several insertions at one instant.
    Import(u8),
    Delete(u16),
    Update(u16),
}

/// How answers are wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lie {
    None,
    /// `total_count` and `total_pages` are off by this number of rows and pages.
    Totals(i64, i64),
    /// `total_count` is that of the state before.
    CountBehind,
    /// Answers come from replicas that are up to this number of states old.
    Lagging(u64),
    /// At most this number of contacts per page.
    Clamped(u32),
    /// This number of contacts per page, whatever is requested.
    Fixed(u32),
    /// The first answer is that of an empty list.
    EmptyFirst,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub key: RowKey,
    name: u64,
}

pub type State = Rc<Vec<Contact>>;

#[derive(Clone, Debug)]
pub struct Server {
    kind: Kind,
    lie: Lie,
    contacts: Vec<Contact>,
    next_id: i64,
    clock: i64,
    pub history: Vec<State>,
    /// Whether each page is sorted by id, descending, whatever the order of the list.
    pub sorts_pages: bool,
    answers: u64,
    seed: u64,
}

/// A pseudorandom number derived from other values.
pub fn mix(numbers: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    numbers.hash(&mut hasher);
    hasher.finish()
}

impl Server {
    /// A list of `count` contacts, generated from a seed. About one in three is tied with the previous one.
    pub fn new(kind: Kind, lie: Lie, count: usize, seed: u64) -> Self {
        let mut server = Self {
            kind,
            lie,
            contacts: Vec::new(),
            next_id: 1,
            clock: 100,
            history: Vec::new(),
            sorts_pages: false,
            answers: 0,
            seed,
        };
        while server.contacts.len() < count {
            let n = mix((seed, server.contacts.len()));
            let import = if n.is_multiple_of(11) { 2 + n / 11 % 12 } else { 1 };
            (0..import).for_each(|_| server.create());
            server.clock += i64::from(n % 7 != 1);
        }
        server.contacts.truncate(count);
        // In some lists ids are unrelated to age.
        if seed.is_multiple_of(3) {
            let mut ids: Vec<_> = server.contacts.iter().map(|contact| contact.key.id).collect();
            ids.sort_by_key(|id| mix((seed, id, "scrambled")));
            server.contacts.iter_mut().zip(ids).for_each(|(contact, id)| contact.key.id = id);
        }
        // In most lists some contacts were updated.
        if !seed.is_multiple_of(5) {
            for at in 0..count {
                if mix((seed, at, "updated")).is_multiple_of(2) {
                    server.touch(mix((seed, at, "which")) as usize % count);
                }
            }
        }
        server.clock += 1;
        server.remember();
        server
    }

    fn create(&mut self) {
        let (id, now) = (self.next_id, Some(self.clock));
        self.next_id += 1 + i64::from(mix((self.seed, id)).is_multiple_of(4));
        let name = mix((self.seed, id, "name"));
        self.contacts.push(Contact { key: RowKey { id, created_at: now, updated_at: now, hash: mix((id, 0)) }, name });
    }

    fn touch(&mut self, at: usize) {
        self.clock += 1;
        let contact = &mut self.contacts[at];
        contact.key.updated_at = Some(self.clock);
        contact.key.hash = mix((contact.key.id, self.clock));
        if self.kind == Kind::Name {
            contact.name = mix((contact.name, self.clock));
        }
    }

    fn remember(&mut self) {
        let mut list = self.contacts.clone();
        let key = |contact: &Contact| (contact.key.created_at, contact.key.id);
        match self.kind {
            Kind::Newest => list.sort_by_key(|c| std::cmp::Reverse(key(c))),
            Kind::Oldest => list.sort_by_key(key),
            Kind::Ids => list.sort_by_key(|c| c.key.id),
            Kind::IdsDescending => list.sort_by_key(|c| std::cmp::Reverse(c.key.id)),
            Kind::Updated => list.sort_by_key(|c| std::cmp::Reverse((c.key.updated_at, c.key.id))),
            Kind::UpdatedAscending => list.sort_by_key(|c| (c.key.updated_at, c.key.id)),
            Kind::Name => list.sort_by_key(|c| (c.name, c.key.id)),
            Kind::UnstableTies | Kind::ArbitraryTies => {
                list.sort_by_key(|c| (std::cmp::Reverse(c.key.created_at), mix((self.seed, c.key.id))));
            }
        }
        self.history.push(Rc::new(list));
    }

    /// Changes the list and remembers its state.
    pub fn write(&mut self, write: Write) {
        // Sometimes at the same time as the previous write.
        self.clock += i64::from(!self.history.len().is_multiple_of(4));
        let chosen =
            |number: u16| Some(usize::from(number) % self.contacts.len().max(1)).filter(|_| !self.contacts.is_empty());
        match write {
            Write::Insert => self.create(),
            Write::Import(count) => (0..count).for_each(|_| self.create()),
            Write::Delete(number) => {
                chosen(number).map(|at| self.contacts.remove(at));
            }
            Write::Update(number) => chosen(number).into_iter().for_each(|at| self.touch(at)),
        }
        self.remember();
    }

    /// The index of the current state.
    pub fn now(&self) -> usize {
        self.history.len() - 1
    }

    /// Begins an answer and returns its number.
    pub fn begin(&mut self) -> u64 {
        self.answers += 1;
        self.answers
    }

    /// The state that an answer shows at this instant.
    fn state(&self, answer: u64) -> &State {
        let lag = if let Lie::Lagging(most) = self.lie { mix((self.seed, answer)) % (most + 1) } else { 0 };
        &self.history[self.now().saturating_sub(lag as usize)]
    }

    fn size(&self, asked: Asked) -> usize {
        let size = match self.lie {
            Lie::Clamped(most) => asked.per_page.min(most),
            Lie::Fixed(size) => size,
            _ => asked.per_page,
        };
        size as usize
    }

    /// The rows of an answer, from the current state.
    pub fn rows(&self, asked: Asked, answer: u64) -> Vec<RowKey> {
        let (state, size) = (self.state(answer), self.size(asked));
        let shuffled = (self.kind == Kind::UnstableTies).then(|| {
            let mut list = state.to_vec();
            list.sort_by_key(|c| (std::cmp::Reverse(c.key.created_at), mix((self.seed, answer, c.key.id))));
            list
        });
        let list = shuffled.as_deref().unwrap_or(state);
        let first = ((asked.page as usize).saturating_sub(1)).saturating_mul(size);
        let mut rows: Vec<_> = list.iter().skip(first).take(size).map(|contact| contact.key).collect();
        if self.lie == Lie::EmptyFirst && answer == 1 {
            rows.clear();
        }
        if self.sorts_pages {
            rows.sort_by_key(|row| std::cmp::Reverse(row.id));
        }
        rows
    }

    /// The pagination of an answer, from the current state.
    pub fn count(&self, asked: Asked, answer: u64) -> Pagination {
        let size = self.size(asked) as u64;
        let (mut count, mut pages_off) = (self.state(answer).len() as i64, 0);
        match self.lie {
            Lie::Totals(off, pages) => (count, pages_off) = (count + off, pages),
            Lie::EmptyFirst if answer == 1 => count = 0,
            Lie::CountBehind => count = self.history[self.now().saturating_sub(1)].len() as i64,
            _ => {}
        }
        let total_count = count.max(0) as u64;
        let total_pages = (total_count.div_ceil(size) as i64 + pages_off).max(0) as u64;
        Pagination { current_page: asked.page, per_page: size, total_pages, total_count }
    }
}
