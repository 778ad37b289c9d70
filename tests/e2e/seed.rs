//! The article's five markets: the known answer.

use crate::{answer::Answer, site::Site};

#[test]
fn the_known_answer() {
    let site = Site::seed();
    let answer = Answer::of(site.hostless(&["query", "seed.yaml", "--format", "json"]).exits(0));
    answer.comes_to("34000000.0000");
    let json = &answer.json["answer"];
    for side in ["low", "likely", "high"] {
        assert_eq!(json["objective"][side], "34000000.0000");
        assert_eq!(json["spend"][side], "11650000.0000");
    }
    assert_eq!((&json["currency"], &json["minimum"]), (&"CNY".into(), &"exact".into()));
    let totals = [
        ("br", "2800000.0000", "2800000.0000"),
        ("cn", "2250000.0000", "4500000.0000"),
        ("us", "1800000.0000", "5400000.0000"),
        ("in", "2700000.0000", "10800000.0000"),
        ("gb", "2100000.0000", "10500000.0000"),
    ];
    for (id, total, weighted) in totals {
        let market = answer.market(id);
        assert_eq!(
            (&market["total"]["likely"], &market["weighted"]["likely"]),
            (&total.into(), &weighted.into())
        );
        assert_eq!(market["stages"].as_object().unwrap().len(), 5, "{id}");
        assert_eq!(answer.lines(id).len(), 5, "{id}");
    }
}

#[test]
fn people_read_it_in_their_unit() {
    let site = Site::seed();
    let table = site.hostless(&["query", "seed.yaml"]).exits(0);
    table.shows("3,400.00 万元");
    table.shows("1,165.00 万元");
}

#[test]
fn a_host_answers_the_same_bytes_as_its_folders() {
    let site = Site::seed();
    let host = site.serve();
    let served = host.query("seed.yaml");
    let alone = Answer::of(site.hostless(&["query", "seed.yaml", "--format", "json"]));
    assert_eq!(served.bytes(), alone.bytes());
    assert_eq!(served.json["receipt"], alone.json["receipt"]);
    assert_eq!(served.json["served"]["generation"], alone.json["served"]["generation"]);
    assert_eq!(served.number(), 1);
}
