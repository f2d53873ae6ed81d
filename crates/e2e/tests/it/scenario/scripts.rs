//! The scenario on SDKs in other languages: each script gets a step's word and the folder, and does it.

use std::path::Path;

use e2e::{Larder, run_script};

use super::files::Files;
use super::{Sync, play};
use crate::clients::{python, target};

fn script(program: &Path, arguments: &[&str]) {
    let (larder, files) = (Larder::dev(), Files::make());
    let folder = files.folder().to_str().unwrap().to_owned();
    play(&larder, &files, Sync::ByKey, |step| {
        let arguments = [arguments, &[step.word()]].concat();
        run_script(&larder, program, &arguments, &[("SCENARIO_FOLDER", &folder)])
    });
}

#[test]
fn scenario_aws_sdk_js_v3() {
    script(Path::new("node"), &["js/scenario-v3.mjs"]);
}

#[test]
fn scenario_aws_sdk_js_v2() {
    script(Path::new("node"), &["js/scenario-v2.mjs"]);
}

#[test]
fn scenario_boto3() {
    script(&python(), &["python/boto3_scenario.py"]);
}

#[test]
fn scenario_go_sdk() {
    script(&target("go-scenario"), &[]);
}
