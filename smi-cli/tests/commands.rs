//! Every command shown in these files, and in the README, with its output.

#[test]
fn commands_do_what_their_examples_show() {
    // The README's commands are written for the root of the repository.
    std::env::set_current_dir("..").expect("the manifest's folder has a parent");
    trycmd::TestCases::new()
        .case("smi-cli/tests/commands/*.md")
        .case("smi-cli/tests/commands/*.toml")
        .case("README.md");
}
