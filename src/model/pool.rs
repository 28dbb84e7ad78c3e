//! Many first-in-first-out lists in one block of memory.

/// "No node": the end of a list.
const NIL: u32 = u32::MAX;

/// One list of a [`Pool`]: small, `Copy`, and only meaningful together with its pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct List {
    /// The node at the front, or `NIL`.
    head: u32,
    /// The node at the back, or `NIL`.
    tail: u32,
    /// How many nodes.
    len: u32,
}

impl Default for List {
    fn default() -> List {
        List { head: NIL, tail: NIL, len: 0 }
    }
}

impl List {
    /// How many elements the list has.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the list has no element.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.head == NIL
    }
}

/// The nodes of many lists. Freed nodes are used again, last freed first, so that the busy part
/// stays in the cache, and a copy of all lists is a copy of one block.
#[derive(Debug, Clone)]
pub(crate) struct Pool<T> {
    /// Nodes of all lists and of the free list, by node number.
    nodes: Vec<Node<T>>,
    /// The first free node, or `NIL`.
    free: u32,
}

#[derive(Debug, Clone, Copy)]
struct Node<T> {
    element: T,
    next: u32,
}

impl<T: Copy> Default for Pool<T> {
    fn default() -> Pool<T> {
        Pool { nodes: Vec::new(), free: NIL }
    }
}

impl<T: Copy> Pool<T> {
    /// Without a node, and with room for so many.
    pub(crate) fn with_capacity(nodes: usize) -> Pool<T> {
        Pool { nodes: Vec::with_capacity(nodes), ..Pool::default() }
    }

    #[inline(always)]
    fn allocate(&mut self, element: T, next: u32) -> u32 {
        let node = self.free;
        if let Some(slot) = self.nodes.get_mut(node as usize) {
            self.free = slot.next;
            *slot = Node { element, next };
            return node;
        }
        self.nodes.push(Node { element, next });
        (self.nodes.len() - 1) as u32
    }

    /// Appends an element.
    #[inline(always)]
    pub(crate) fn push_back(&mut self, list: &mut List, element: T) {
        let node = self.allocate(element, NIL);
        if list.tail == NIL {
            list.head = node;
        } else {
            self.nodes[list.tail as usize].next = node;
        }
        list.tail = node;
        list.len += 1;
    }

    /// Puts an element in front of all others.
    pub(crate) fn push_front(&mut self, list: &mut List, element: T) {
        let node = self.allocate(element, list.head);
        if list.tail == NIL {
            list.tail = node;
        }
        list.head = node;
        list.len += 1;
    }

    /// Takes the first element.
    #[inline]
    pub(crate) fn pop_front(&mut self, list: &mut List) -> Option<T> {
        let head = list.head;
        let node = self.nodes.get_mut(head as usize)?;
        let (element, next) = (node.element, node.next);
        node.next = self.free;
        self.free = head;
        list.head = next;
        if next == NIL {
            list.tail = NIL;
        }
        list.len -= 1;
        Some(element)
    }

    /// Takes the first element and puts it where it is wanted.
    ///
    /// # Panics
    ///
    /// If the list is empty.
    #[inline]
    pub(crate) fn pop_front_into(&mut self, list: &mut List, to: &mut T) {
        let head = list.head;
        let node = &mut self.nodes[head as usize];
        *to = node.element;
        list.head = node.next;
        list.len -= 1;
        node.next = self.free;
        self.free = head;
        if list.head == NIL {
            list.tail = NIL;
        }
    }

    /// The first element, which stays.
    #[inline]
    pub(crate) fn front(&self, list: &List) -> Option<&T> {
        self.nodes.get(list.head as usize).map(|node| &node.element)
    }

    /// The first element, to be changed in place.
    pub(crate) fn front_mut(&mut self, list: &List) -> Option<&mut T> {
        self.nodes.get_mut(list.head as usize).map(|node| &mut node.element)
    }

    /// Takes the first element for which `wanted` holds, if there is one; the order of the
    /// others stays.
    pub(crate) fn take_first(&mut self, list: &mut List, wanted: impl Fn(&T) -> bool) -> Option<T> {
        let mut before = NIL;
        let mut at = list.head;
        while let Some(&Node { element, next }) = self.nodes.get(at as usize) {
            if !wanted(&element) {
                before = at;
                at = next;
                continue;
            }
            if before == NIL {
                return self.pop_front(list);
            }
            self.nodes[before as usize].next = next;
            if next == NIL {
                list.tail = before;
            }
            self.nodes[at as usize].next = self.free;
            self.free = at;
            list.len -= 1;
            return Some(element);
        }
        None
    }

    /// Takes away every element that is not to be kept; the order of the others stays.
    pub(crate) fn retain(&mut self, list: &mut List, mut keep: impl FnMut(&T) -> bool) {
        for _ in 0..list.len() {
            let element = self.pop_front(list).expect("it has as many elements as it says");
            if keep(&element) {
                self.push_back(list, element);
            }
        }
    }

    /// Changes elements in place, from front to back.
    pub(crate) fn change(&mut self, list: &List, mut change: impl FnMut(&mut T)) {
        let mut at = list.head;
        while let Some(node) = self.nodes.get_mut(at as usize) {
            change(&mut node.element);
            at = node.next;
        }
    }

    /// The elements from front to back.
    pub(crate) fn iter<'a>(&'a self, list: &List) -> impl Iterator<Item = &'a T> {
        let mut at = list.head;
        std::iter::from_fn(move || {
            let node = self.nodes.get(at as usize)?;
            at = node.next;
            Some(&node.element)
        })
    }

    /// Makes this pool equal to the other, in the memory that it already has if that is enough.
    pub(crate) fn copy_from(&mut self, other: &Pool<T>) {
        self.nodes.clone_from(&other.nodes);
        self.free = other.free;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_in_one_pool_do_not_disturb_each_other() {
        let mut pool = Pool::default();
        let (mut a, mut b) = (List::default(), List::default());
        for i in 0..5 {
            pool.push_back(&mut a, i);
            pool.push_front(&mut b, i);
        }
        assert_eq!(pool.iter(&a).copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(pool.iter(&b).copied().collect::<Vec<_>>(), [4, 3, 2, 1, 0]);
        assert_eq!(pool.take_first(&mut a, |&i| i == 2), Some(2));
        assert_eq!(pool.take_first(&mut a, |&i| i == 4), Some(4));
        assert_eq!(pool.take_first(&mut a, |&i| i == 4), None);
        pool.push_back(&mut a, 9);
        assert_eq!(pool.iter(&a).copied().collect::<Vec<_>>(), [0, 1, 3, 9]);
        assert_eq!(pool.take_first(&mut a, |&i| i == 0), Some(0));
        assert_eq!((a.len(), pool.front(&a)), (3, Some(&1)));
        pool.change(&a, |i| *i += 10);
        pool.retain(&mut a, |&i| i != 11);
        assert_eq!(pool.iter(&a).copied().collect::<Vec<_>>(), [13, 19]);
        pool.retain(&mut a, |_| false);
        assert!(a.is_empty());
        pool.push_back(&mut a, 7);
        assert_eq!(pool.pop_front(&mut a), Some(7));
        assert_eq!(pool.nodes.len(), 10, "freed nodes are used again");
    }
}
