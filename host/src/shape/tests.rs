#[test]
fn dump() {
    for kind in super::FileKind::ALL {
        std::fs::create_dir_all("/tmp/sch").unwrap();
        std::fs::write(format!("/tmp/sch/{}", kind.file_name()), super::text(&super::schema(kind))).unwrap();
    }
}
