use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::scenario::{ScenarioStatus, decide_advance};
use crate::time::Timestamp;

fn slug(n: usize) -> Slug {
    Slug::parse(&format!("s{n}")).expect("a slug")
}

fn outline(steps: usize) -> Outline {
    let mut outline = Outline::default();
    for n in 0..steps {
        outline.insert(slug(n), 60, &Spot::End).expect("room");
    }
    outline
}

fn order(outline: &Outline) -> Vec<String> {
    outline.steps().map(|(step, _)| step.to_string()).collect()
}

fn active() -> ScenarioState {
    ScenarioState {
        status: ScenarioStatus::Active,
        counts_from: Some(Timestamp::default()),
        ..ScenarioState::default()
    }
}

/// Takes the next step; its name.
fn take(outline: &Outline, state: &mut ScenarioState) -> Option<String> {
    let next = outline.next(state)?;
    let (place, step) = (next.place, next.step.to_string());
    let (advanced, _) = decide_advance(outline, state, place, Timestamp::default())?;
    *state = ScenarioState { status: ScenarioStatus::Active, ..advanced };
    Some(step)
}

fn take_all(outline: &Outline, state: &mut ScenarioState) -> Vec<String> {
    std::iter::from_fn(|| take(outline, state)).collect()
}

#[test]
fn a_step_without_a_name_gets_one_that_no_step_has_had() {
    let mut it = Outline::default();
    for expected in ["msg_1", "msg_2", "msg_3"] {
        assert_eq!(it.free_slug().as_str(), expected);
        it.insert(it.free_slug(), 0, &Spot::End).expect("inserted");
    }
    it.delete(&it.free_slug()).expect_err("it is free");
    it.delete(&Slug::parse("msg_2").expect("a slug")).expect("deleted");
    assert_eq!(it.free_slug().as_str(), "msg_4");
    let live: Vec<_> = it.live_after(Some(0)).map(|place| place.place).collect();
    assert_eq!(live, [2], "a deleted place is not live");
    assert_eq!(it.live_after(None).count(), 2);
}

#[test]
fn edits_make_the_order_that_they_say() {
    let mut it = outline(3);
    it.insert(slug(9), 5, &Spot::After(slug(0))).expect("inserted");
    it.insert(slug(8), 5, &Spot::Before(slug(0))).expect("inserted");
    assert_eq!(order(&it), ["s8", "s0", "s9", "s1", "s2"]);
    it.move_to(&slug(2), &Spot::Before(slug(8))).expect("moved");
    it.move_to(&slug(0), &Spot::End).expect("moved");
    assert_eq!(order(&it), ["s2", "s8", "s9", "s1", "s0"]);
    it.delete(&slug(9)).expect("deleted");
    it.set_delay(&slug(1), 7).expect("changed");
    assert_eq!(order(&it), ["s2", "s8", "s1", "s0"]);
    assert_eq!((it.delay_of(&slug(1)), it.delay_of(&slug(0))), (Some(7), Some(60)));
    assert_eq!(it.steps_behind(None), 0);
}

#[test]
fn edits_that_cannot_be_are_refused_and_change_nothing() {
    let mut it = outline(2);
    let (none, before) = (slug(7), it.clone());
    let missing = Err(OutlineError::NoSuchStep(none.clone()));
    assert_eq!(it.insert(slug(0), 0, &Spot::End), Err(OutlineError::StepExists(slug(0))));
    assert_eq!(it.insert(none.clone(), MAX_DELAY + 1, &Spot::End), Err(OutlineError::Delay));
    assert_eq!(it.insert(slug(8), 0, &Spot::After(none.clone())), missing);
    assert_eq!(it.move_to(&none, &Spot::End), missing);
    assert_eq!(it.move_to(&slug(0), &Spot::Before(none.clone())), missing);
    assert_eq!(it.delete(&none), missing);
    assert_eq!(it.set_delay(&none, 1), missing);
    assert_eq!(it.set_delay(&slug(0), MAX_DELAY + 1), Err(OutlineError::Delay));
    assert_eq!(it, before);
    assert_eq!(outline(MAX_STEPS).insert(slug(999), 0, &Spot::End), Err(OutlineError::Full));
}

#[test]
fn a_move_that_passes_no_step_takes_no_place() {
    let mut it = outline(3);
    let before = it.clone();
    for spot in
        [Spot::After(slug(0)), Spot::Before(slug(2)), Spot::Before(slug(1)), Spot::After(slug(1))]
    {
        it.move_to(&slug(1), &spot).expect("moved");
        assert_eq!(it, before, "{spot:?}");
    }
    it.move_to(&slug(2), &Spot::End).expect("moved");
    assert_eq!(it, before);
}

#[test]
fn who_is_past_an_inserted_step_does_not_get_it_and_who_is_before_does() {
    let mut it = outline(3);
    let mut reader = active();
    assert_eq!(take(&it, &mut reader).as_deref(), Some("s0"));
    assert_eq!(take(&it, &mut reader).as_deref(), Some("s1"));
    it.insert(slug(7), 0, &Spot::After(slug(0))).expect("inserted");
    it.insert(slug(8), 0, &Spot::After(slug(1))).expect("inserted");
    assert_eq!(take_all(&it, &mut reader), ["s8", "s2"]);
    assert_eq!(take_all(&it, &mut active()), ["s0", "s7", "s1", "s8", "s2"]);
}

#[test]
fn a_step_moved_ahead_is_not_repeated_and_one_moved_behind_is_not_missed() {
    let mut it = outline(4);
    let mut reader = active();
    assert_eq!(take(&it, &mut reader).as_deref(), Some("s0"));
    assert_eq!(take(&it, &mut reader).as_deref(), Some("s1"));
    it.move_to(&slug(0), &Spot::End).expect("moved");
    it.move_to(&slug(3), &Spot::Before(slug(1))).expect("moved");
    assert_eq!(order(&it), ["s3", "s1", "s2", "s0"]);
    assert_eq!(take_all(&it, &mut reader), ["s2", "s3"], "s3 comes where it stood");
    assert_eq!(take_all(&it, &mut active()), ["s3", "s1", "s2", "s0"]);
}

#[test]
fn a_step_moved_twice_comes_where_it_stood_last() {
    let mut it = outline(4);
    it.move_to(&slug(1), &Spot::End).expect("moved");
    let mut state = active();
    assert_eq!(take(&it, &mut state).as_deref(), Some("s0"));
    it.move_to(&slug(1), &Spot::Before(slug(0))).expect("moved");
    assert_eq!(take_all(&it, &mut state), ["s2", "s3", "s1"]);
}

#[test]
fn of_a_deleted_position_the_place_is_kept() {
    let mut it = outline(3);
    let mut reader = active();
    take(&it, &mut reader);
    take(&it, &mut reader);
    it.delete(&slug(1)).expect("deleted");
    assert_eq!(it.last_received(&reader).map(Slug::as_str), Some("s0"));
    assert_eq!(it.steps_behind(reader.position), 1);
    it.insert(slug(1), 0, &Spot::End).expect("the name is free again");
    assert_eq!(take_all(&it, &mut reader), ["s2", "s1"], "it is another step of that name");
}

#[test]
fn what_is_left_to_be_sent_again_is_the_last_message_that_there_still_is() {
    let mut it = outline(3);
    let mut reader = active();
    assert_eq!(it.last_received(&reader), None);
    take(&it, &mut reader);
    take(&it, &mut reader);
    it.move_to(&slug(1), &Spot::End).expect("moved");
    assert_eq!(it.last_received(&reader).map(Slug::as_str), Some("s1"), "it stands elsewhere now");
    it.delete(&slug(1)).expect("deleted");
    it.delete(&slug(0)).expect("deleted");
    assert_eq!(it.last_received(&reader), None);
}

#[test]
fn a_place_is_written_with_its_state_beside_it() {
    let mut it = outline(3);
    it.move_to(&slug(0), &Spot::End).expect("moved");
    it.delete(&slug(1)).expect("deleted");
    let json = serde_json::to_value(&it).expect("JSON");
    let expected = serde_json::json!([
        { "place": 0, "step": "s0", "state": "moved" },
        { "place": 1, "step": "s1", "state": "deleted" },
        { "place": 2, "step": "s2", "state": "live", "delay": 60 },
        { "place": 3, "step": "s0", "state": "live", "delay": 60 },
    ]);
    assert_eq!(json, expected);
    assert_eq!(serde_json::from_value::<Outline>(json).expect("an outline"), it);
}

/// What happens to a scenario with readers under way. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Happens {
    Insert { beside: usize, after: bool },
    Move { step: usize, beside: usize, after: bool },
    Delete { step: usize },
    Read { reader: usize },
}

fn happens() -> impl Strategy<Value = Happens> {
    let n = || any::<proptest::sample::Index>().prop_map(|it| it.index(1_000));
    prop_oneof![
        2 => (n(), any::<bool>()).prop_map(|(beside, after)| Happens::Insert { beside, after }),
        3 => (n(), n(), any::<bool>())
            .prop_map(|(step, beside, after)| Happens::Move { step, beside, after }),
        1 => n().prop_map(|step| Happens::Delete { step }),
        6 => n().prop_map(|reader| Happens::Read { reader }),
    ]
}

/// A reader, and what it must receive: the steps that were ahead of it when they were put there.
#[derive(Default)]
struct Reader {
    state: ScenarioState,
    got: Vec<String>,
    must: BTreeSet<String>,
}

impl Reader {
    /// Whether a step of a scenario stands ahead of it. By the order of the places alone.
    fn has_ahead(&self, outline: &Outline, step: &Slug) -> bool {
        let at = |found: &dyn Fn(&Place) -> bool| outline.places().iter().position(found);
        let position = self.state.position.and_then(|it| at(&|place: &Place| place.place == it));
        at(&|place: &Place| place.is_live() && place.step == *step) > position
    }
}

struct World {
    outline: Outline,
    names: usize,
    readers: Vec<Reader>,
}

impl World {
    fn new(steps: usize) -> Self {
        let outline = outline(steps);
        let reader = || Reader {
            state: active(),
            must: order(&outline).into_iter().collect(),
            ..Reader::default()
        };
        let readers = (0..3).map(|_| reader()).collect();
        Self { outline, names: steps, readers }
    }

    fn step(&self, n: usize) -> Option<Slug> {
        let steps: Vec<_> = self.outline.steps().map(|(step, _)| step.clone()).collect();
        steps.get(n % steps.len().max(1)).cloned()
    }

    fn spot(&self, beside: usize, after: bool) -> Spot {
        match self.step(beside) {
            Some(step) if after => Spot::After(step),
            Some(step) => Spot::Before(step),
            None => Spot::End,
        }
    }

    fn put_ahead(&mut self, step: &Slug) {
        for reader in &mut self.readers {
            let ahead = reader.has_ahead(&self.outline, step);
            if ahead && !reader.got.contains(&step.to_string()) {
                reader.must.insert(step.to_string());
            }
        }
    }

    fn apply(&mut self, it: &Happens) {
        match *it {
            Happens::Insert { beside, after } => {
                let (step, spot) = (slug(self.names), self.spot(beside, after));
                self.names += 1;
                self.outline.insert(step.clone(), 60, &spot).expect("room");
                self.put_ahead(&step);
            }
            Happens::Move { step, beside, after } => {
                let Some(step) = self.step(step) else { return };
                let spot = self.spot(beside, after);
                self.outline.move_to(&step, &spot).expect("moved");
                self.put_ahead(&step);
            }
            Happens::Delete { step } => {
                let Some(step) = self.step(step) else { return };
                self.outline.delete(&step).expect("deleted");
                for reader in &mut self.readers {
                    reader.must.remove(&step.to_string());
                }
            }
            Happens::Read { reader } => {
                let at = reader % self.readers.len();
                self.read(at);
            }
        }
    }

    fn read(&mut self, reader: usize) -> bool {
        let reader = &mut self.readers[reader];
        let step = take(&self.outline, &mut reader.state);
        if let Some(step) = &step {
            assert!(
                reader.must.contains(step) || reader.got.contains(step),
                "{step} was not ahead"
            );
            reader.got.push(step.clone());
        }
        step.is_some()
    }
}

proptest! {
    #[test]
    fn nobody_gets_a_step_twice_and_nobody_misses_one_that_was_ahead(
        steps in 0_usize..8,
        story in prop::collection::vec(happens(), 0..60),
    ) {
        let mut world = World::new(steps);
        for it in &story {
            world.apply(it);
        }
        for reader in 0..world.readers.len() {
            while world.read(reader) {}
            let reader = &world.readers[reader];
            let got: BTreeSet<_> = reader.got.iter().cloned().collect();
            prop_assert_eq!(got.len(), reader.got.len(), "twice: {:?}", reader.got);
            let missed: Vec<_> = reader.must.difference(&got).collect();
            prop_assert!(missed.is_empty(), "missed: {:?}", missed);
        }
    }

    #[test]
    fn without_edits_all_get_the_steps_in_their_order(steps in 0_usize..30) {
        let outline = outline(steps);
        prop_assert_eq!(take_all(&outline, &mut active()), order(&outline));
    }

    #[test]
    fn places_are_never_reused(story in prop::collection::vec(happens(), 0..60)) {
        let mut world = World::new(4);
        let mut places: Vec<u32> = Vec::new();
        for it in &story {
            world.apply(it);
            let now: BTreeSet<u32> = world.outline.places().iter().map(|it| it.place).collect();
            prop_assert_eq!(now.len(), world.outline.places().len());
            prop_assert!(places.iter().all(|it| now.contains(it)), "a place is gone");
            places = now.into_iter().collect();
        }
    }
}
