//! What is deployed agrees with the program: alerts, dashboard and runbook with the declared metrics, manifests and
//! units with configuration keys, addresses and users, the package with what it should bring.
//!
//! `promtool`, `systemd-analyze` and `dpkg-deb` belong to the machine; `tests/run` puts them there where it may, and a
//! test that misses one says so.

use crate::harness::{dateline, finished};
use dateline::metrics::{METRICS, MetricKind};
use regex::Regex;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use yaml_rust2::{Yaml, YamlLoader};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn yaml(name: &str) -> Yaml {
    let mut documents = YamlLoader::load_from_str(&text(name)).unwrap();
    assert_eq!(documents.len(), 1, "{name}");
    documents.remove(0)
}

fn list(value: &Yaml) -> &[Yaml] {
    value.as_vec().map_or(&[], Vec::as_slice)
}

fn word(value: &Yaml) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value:?} is no text"))
}

/// A tool of the machine, or a line that says what is left out without it.
fn tool(name: &str) -> Option<Command> {
    let given = std::env::var_os(format!("DATELINE_TEST_{}", name.to_uppercase().replace('-', "_")));
    let found = given.map(PathBuf::from).or_else(|| {
        let path = std::env::var_os("PATH")?;
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
    });
    if found.is_none() {
        eprintln!("{name} is not here: what it would check is left out");
    }
    found.map(Command::new)
}

#[track_caller]
fn succeeded(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = finished(command);
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {said}");
    said
}

fn alerts() -> Vec<Yaml> {
    let rules = yaml("deploy/prometheus/alerts.yaml");
    list(&rules["groups"]).iter().flat_map(|group| list(&group["rules"]).to_vec()).collect()
}

/// Every query of the dashboard with its legend; those of variables have none.
fn dashboard() -> Vec<(String, String)> {
    let dashboard: Value = serde_json::from_str(&text("deploy/grafana/dateline.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let said = |value: &Value| value.as_str().unwrap().to_owned();
    let mut queries: Vec<_> = targets.map(|one| (said(&one["expr"]), said(&one["legendFormat"]))).collect();
    let variables = dashboard["templating"]["list"].as_array().unwrap().iter();
    queries.extend(
        variables.filter(|one| one["type"] == "query").map(|one| (said(&one["query"]["query"]), String::new())),
    );
    queries
}

#[test]
fn every_alert_has_its_tests_and_its_page_in_the_runbook() {
    let mut told = BTreeMap::<String, (bool, bool)>::new();
    for case in list(&yaml("deploy/prometheus/alerts_test.yaml")["tests"]) {
        for check in list(&case["alert_rule_test"]) {
            let (fires, silent) = told.entry(word(&check["alertname"]).to_owned()).or_default();
            *(if list(&check["exp_alerts"]).is_empty() { silent } else { fires }) = true;
        }
    }
    let runbook = text("docs/RUNBOOK.md");
    let section = Regex::new(r"(?m)^### (\w+)\n\n\*(\w+)\.\* ").unwrap();
    let sections: Vec<(String, String)> =
        section.captures_iter(&runbook).map(|found| (found[1].to_owned(), found[2].to_lowercase())).collect();
    assert_eq!(sections.len(), runbook.matches("\n### ").count(), "a section begins with how urgent it is");

    let mut declared = Vec::new();
    for alert in alerts() {
        let name = word(&alert["alert"]).to_owned();
        assert_eq!(told.get(&name), Some(&(true, true)), "{name} must be shown to fire and to keep silent");
        for annotation in ["summary", "description"] {
            assert!(!word(&alert["annotations"][annotation]).is_empty(), "{name}");
        }
        let fragment = format!("/docs/RUNBOOK.md#{}", name.to_lowercase());
        assert!(word(&alert["annotations"]["runbook_url"]).ends_with(&fragment), "{name}");
        let severity = word(&alert["labels"]["severity"]);
        assert!(["critical", "warning"].contains(&severity), "{name}");
        declared.push((name, severity.to_owned()));
    }
    assert_eq!(sections, declared, "the runbook has the alerts in their order, as urgent as they are");
}

#[test]
fn prometheus_understands_alerts_and_dashboard_and_the_alerts_fire_as_they_should() {
    let Some(mut promtool) = tool("promtool") else { return };
    let program = promtool.get_program().to_owned();
    succeeded(promtool.args(["test", "rules"]).arg(path("deploy/prometheus/alerts_test.yaml")));
    succeeded(Command::new(&program).args(["check", "config"]).arg(path("deploy/prometheus/scrape.yaml")));
    let rules: Vec<Value> = dashboard()
        .into_iter()
        .filter(|(query, _)| !query.starts_with("label_values"))
        .map(|(query, _)| query.replace("$__rate_interval", "5m").replace(['$'], ""))
        .enumerate()
        .map(|(n, expr)| serde_json::json!({ "record": format!("query_{n}"), "expr": expr }))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.json");
    let groups = serde_json::json!({ "groups": [{ "name": "dashboard", "rules": rules }] });
    std::fs::write(&file, groups.to_string()).unwrap();
    succeeded(Command::new(&program).args(["check", "rules"]).arg(&file));
}

/// Labels that Prometheus gives, and the exporter of a broker's groups.
const OUTER_LABELS: [&str; 4] = ["job", "instance", "le", "consumergroup"];
/// Metrics of others that a query may ask for.
const OUTER_METRICS: [&str; 3] = ["up", "probe_success", "kafka_consumergroup_lag"];

/// What a query speaks of must be declared; returns the names of its metrics.
fn check(query: &str, legend: &str, code: &str) -> BTreeSet<&'static str> {
    let selector = Regex::new(r#"\b([a-z]+(?:_[a-z]+)+|up)(?:\{([^}]*)\})?(?:\[| |\)|,|$)"#).unwrap();
    let matcher = Regex::new(r#"(\w+)\s*[=!]~?\s*"([^"]*)""#).unwrap();
    let mut names = BTreeSet::new();
    let mut known: BTreeSet<&str> = OUTER_LABELS.into();
    for found in selector.captures_iter(query) {
        let written = &found[1];
        if OUTER_METRICS.contains(&written)
            || !written.starts_with("dateline_") && !written.starts_with("process_") && found.get(2).is_none()
        {
            continue;
        }
        let part = ["_bucket", "_sum", "_count"].iter().find_map(|part| written.strip_suffix(part));
        let metric = METRICS
            .iter()
            .find(|metric| match metric.kind {
                MetricKind::Histogram => Some(metric.name) == part,
                MetricKind::Counter | MetricKind::Gauge => metric.name == written,
            })
            .unwrap_or_else(|| panic!("{written} is not declared: {query}"));
        names.insert(metric.name);
        known.extend(metric.labels);
        for matched in matcher.captures_iter(found.get(2).map_or("", |inner| inner.as_str())) {
            let (label, values) = (&matched[1], &matched[2]);
            if OUTER_LABELS.contains(&label) || values.starts_with('$') {
                continue;
            }
            assert!(metric.labels.contains(&label), "{written} has no label {label}: {query}");
            for value in values.split('|') {
                // A word that the program never writes would make an alert that never fires.
                let quoted = value.strip_suffix(".*").map_or(format!("\"{value}\""), |begin| format!("\"{begin}"));
                assert!(code.contains(&quoted), "{label} of {written} is never {value}: {query}");
            }
        }
    }
    let grouping = Regex::new(r"\b(?:by|on) \(([^)]*)\)").unwrap();
    let grouped = grouping
        .captures_iter(query)
        .flat_map(|found| found[1].split(',').map(|label| label.trim().to_owned()).collect::<Vec<_>>());
    let shown = Regex::new(r"\{\{ ?(?:\$labels\.)?(\w+) ?\}\}").unwrap();
    let shown = shown.captures_iter(legend).map(|found| found[1].to_owned());
    for label in grouped.chain(shown) {
        assert!(known.contains(label.as_str()), "nothing in {query} has the label {label}");
    }
    names
}

#[test]
fn every_query_asks_for_what_is_counted_and_every_metric_is_on_the_dashboard() {
    let mut code = String::new();
    let mut folders = vec![path("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(OsStr::new("rs")) {
                code.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    for alert in alerts() {
        let said = ["summary", "description"].map(|name| word(&alert["annotations"][name]).replace("$labels.", ""));
        check(word(&alert["expr"]), &said.concat(), &code);
    }
    let shown: BTreeSet<&str> = dashboard().iter().flat_map(|(query, legend)| check(query, legend, &code)).collect();
    let missing: Vec<&str> = METRICS.iter().map(|metric| metric.name).filter(|name| !shown.contains(name)).collect();
    assert!(missing.is_empty(), "the dashboard does not show {missing:?}");
}

/// The values of one instruction of the Dockerfile.
fn dockerfile(instruction: &str) -> Vec<String> {
    let file = text("deploy/docker/Dockerfile").replace("\\\n", " ");
    let begin = format!("{instruction} ");
    file.lines().filter_map(|line| line.strip_prefix(&begin)).map(str::to_owned).collect()
}

/// The program takes a configuration with these variables; it refuses names that are no keys.
fn holds(config: &Path, variables: &[(String, String)]) {
    let mut command = dateline();
    command.args(["validate", "--config"]).arg(config).envs(variables.iter().cloned());
    if !cfg!(feature = "kafka") {
        command.args(["--set", "publish.to=journal"]);
    }
    succeeded(&mut command);
}

#[test]
fn image_and_compose_set_what_is_a_key_and_name_this_version() {
    let variables: Vec<(String, String)> = dockerfile("ENV")
        .iter()
        .filter_map(|set| set.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    assert!(variables.iter().any(|(name, _)| name == "DATELINE__STATUS__LISTEN"));
    holds(&path("config/dateline.toml"), &variables);
    let compose = yaml("deploy/docker/compose.yaml");
    let set = compose["services"]["dateline"]["environment"].as_hash().unwrap();
    let set: Vec<_> = set.iter().map(|(name, value)| (word(name).to_owned(), word(value).to_owned())).collect();
    holds(&path("config/dateline.toml"), &[variables, set].concat());
    // The container's health is asked with a verb that is there.
    let asked = dockerfile("HEALTHCHECK").join(" ");
    let arguments: Vec<&str> = asked.split('"').skip(1).step_by(2).skip(1).collect();
    succeeded(Command::new(env!("CARGO_BIN_EXE_dateline")).args(arguments).arg("--help"));
    let version = format!("org.opencontainers.image.version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(dockerfile("LABEL").iter().any(|labels| labels.contains(&version)), "{version}");
}

/// A manifest of one document.
fn manifest(name: &str) -> Yaml {
    yaml(&format!("deploy/kubernetes/{name}"))
}

/// What a kustomization takes in exists; returns the names.
fn resources(folder: &str) -> Vec<String> {
    let kustomization = manifest(&format!("{folder}kustomization.yaml"));
    let resources: Vec<String> = list(&kustomization["resources"]).iter().map(|one| word(one).to_owned()).collect();
    for resource in &resources {
        let at = path(&format!("deploy/kubernetes/{folder}{resource}"));
        if at.is_dir() {
            assert!(at.join("kustomization.yaml").is_file(), "{resource}");
        } else {
            assert!(!word(&manifest(&format!("{folder}{resource}"))["kind"]).is_empty());
        }
    }
    let version = &kustomization["images"][0]["newTag"];
    assert!(version.is_badvalue() || word(version) == env!("CARGO_PKG_VERSION"), "{folder}");
    resources
}

/// The restricted pod security standard, and the image's own user.
fn check_security(pod: &Yaml) {
    let (outer, inner) = (&pod["securityContext"], &pod["containers"][0]["securityContext"]);
    let (user, group) = (&outer["runAsUser"], &outer["runAsGroup"]);
    assert_eq!(dockerfile("USER"), [format!("{}:{}", user.as_i64().unwrap(), group.as_i64().unwrap())]);
    assert_eq!(outer["fsGroup"], *group);
    assert_eq!(outer["runAsNonRoot"].as_bool(), Some(true));
    assert_eq!(word(&outer["seccompProfile"]["type"]), "RuntimeDefault");
    assert_eq!(inner["readOnlyRootFilesystem"].as_bool(), Some(true));
    assert_eq!(inner["allowPrivilegeEscalation"].as_bool(), Some(false));
    assert_eq!(word(&inner["capabilities"]["drop"][0]), "ALL");
}

/// Every volume is mounted, and nothing else; returns where, by name.
fn mounts<'y>(pod: &'y Yaml, claims: &'y Yaml) -> BTreeMap<&'y str, &'y str> {
    let claims = list(claims).iter().map(|claim| word(&claim["metadata"]["name"]));
    let volumes: BTreeSet<&str> = list(&pod["volumes"]).iter().map(|one| word(&one["name"])).chain(claims).collect();
    let mounts = list(&pod["containers"][0]["volumeMounts"]).iter();
    let mounts: BTreeMap<&str, &str> = mounts.map(|one| (word(&one["name"]), word(&one["mountPath"]))).collect();
    assert_eq!(volumes, mounts.keys().copied().collect());
    mounts
}

/// A pod that runs the daemon or a worker, beside the configuration that it reads; returns its arguments.
fn check_runner(set: &Yaml) -> Vec<&str> {
    let pod = &set["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    check_security(pod);
    let status = text("src/status/mod.rs");
    for (probe, expected) in [("startupProbe", "/livez"), ("livenessProbe", "/livez"), ("readinessProbe", "/readyz")] {
        let get = &container[probe]["httpGet"];
        assert_eq!((word(&get["path"]), word(&get["port"])), (expected, "status"));
        assert!(status.contains(&format!(".route(\"{expected}\"")), "{expected}");
    }
    let mounts = mounts(pod, &set["spec"]["volumeClaimTemplates"]);
    let variables: Vec<(String, String)> = list(&container["env"])
        .iter()
        .filter(|one| !one["value"].is_badvalue())
        .map(|one| (word(&one["name"]).to_owned(), word(&one["value"]).to_owned()))
        .collect();
    assert!(variables.contains(&("STATE_DIRECTORY".to_owned(), mounts["data"].to_owned())));

    let folder = tempfile::tempdir().unwrap();
    let configuration = manifest("shared/configmap.yaml");
    for (name, value) in configuration["data"].as_hash().unwrap() {
        std::fs::write(folder.path().join(word(name)), word(value)).unwrap();
    }
    let arguments: Vec<&str> = list(&container["args"]).iter().map(word).collect();
    assert_eq!(arguments[..3], ["run", "--config", &format!("{}/dateline.toml", mounts["configuration"])]);
    holds(&folder.path().join("dateline.toml"), &variables);
    let port = container["ports"][0]["containerPort"].as_i64().unwrap();
    assert_eq!(configured()["status"]["listen"].as_str(), Some(format!("0.0.0.0:{port}").as_str()));
    let secret = text("deploy/kubernetes/shared/secret.example.yaml");
    assert!(secret.contains(mounts["secrets"]) && secret.contains("kafka-password:"));
    let written = word(&configuration["data"]["dateline.toml"]);
    assert!(written.contains(&format!("{}/kafka-password", mounts["secrets"])));
    arguments
}

/// What the configuration map says.
fn configured() -> toml::Table {
    word(&manifest("shared/configmap.yaml")["data"]["dateline.toml"]).parse().unwrap()
}

#[test]
fn the_manifests_fit_the_program_the_image_and_each_other() {
    assert_eq!(resources(""), ["shared", "service.yaml", "statefulset.yaml"]);
    resources("shared/");
    let set = manifest("statefulset.yaml");
    assert_eq!(set["spec"]["replicas"].as_i64(), Some(1), "one directory and one transactional id, one daemon");
    assert_eq!(check_runner(&set).len(), 3);
    let labels = &set["spec"]["template"]["metadata"]["labels"];
    for (file, at) in
        [("service.yaml", "selector"), ("shared/networkpolicy.yaml", "podSelector"), ("shared/web.yaml", "podSelector")]
    {
        let selected = &manifest(file)["spec"][at];
        let selected = if selected["matchLabels"].is_badvalue() { selected } else { &selected["matchLabels"] };
        assert_eq!(selected, labels, "{file}");
    }
    for file in ["service.yaml", "roles/worker/service.yaml"] {
        let monitored = &manifest("shared/servicemonitor.yaml")["spec"]["selector"]["matchLabels"];
        assert_eq!(*monitored, manifest(file)["metadata"]["labels"]);
    }
}

#[test]
fn the_manifests_of_workers_fit_the_roles_and_the_partitions() {
    use dateline::publish::roles::Role;
    let mut taken = vec!["../shared".to_owned(), "feeds.yaml".to_owned()];
    taken.extend(Role::ALL.map(|role| role.as_str().to_owned()));
    assert_eq!(resources("roles/"), taken);
    resources("roles/worker/");

    let set = manifest("roles/worker/statefulset.yaml");
    let arguments = check_runner(&set);
    assert_eq!(arguments[3..], ["--role", "$(ROLE)", "--instance", "$(POD_NAME)"]);
    let pod = &set["spec"]["template"]["spec"];
    let variable = |name: &str| {
        let found = list(&pod["containers"][0]["env"]).iter().find(|one| word(&one["name"]) == name).unwrap();
        word(&found["valueFrom"]["fieldRef"]["fieldPath"]).to_owned()
    };
    let label = "app.kubernetes.io/component";
    assert_eq!(
        (variable("ROLE"), variable("POD_NAME")),
        (format!("metadata.labels['{label}']"), "metadata.name".into())
    );
    // A worker waits for what it lets go of; who is killed before leaves it to the next start.
    let group = text("src/broker/group.rs");
    let longest = ["LETTING_GO", "ANSWER"].map(|name| {
        let seconds = Regex::new(&format!(r"const {name}: Duration = Duration::from_secs\((\d+)\)")).unwrap();
        seconds.captures(&group).unwrap()[1].parse::<i64>().unwrap()
    });
    assert!(pod["terminationGracePeriodSeconds"].as_i64().unwrap() > longest.iter().sum::<i64>() + 10);

    let config = configured();
    let kafka = config["publish"]["kafka"].as_table().unwrap();
    let app = kafka["transactional_id"].as_str().unwrap();
    let partitions = |role: Role| config["roles"][&format!("{}_partitions", role.as_str())].as_integer().unwrap();
    let replicas: BTreeMap<String, i64> = list(&manifest("roles/kustomization.yaml")["replicas"])
        .iter()
        .map(|one| (word(&one["name"]).to_owned(), one["count"].as_i64().unwrap()))
        .collect();
    for role in Role::ALL {
        let word_of = role.as_str();
        let one = manifest(&format!("roles/{word_of}/kustomization.yaml"));
        assert_eq!(resources(&format!("roles/{word_of}/")), ["../worker"]);
        assert_eq!(word(&one["nameSuffix"]), format!("-{word_of}"));
        assert_eq!(word(&one["labels"][0]["pairs"][label]), word_of);
        assert_eq!(one["labels"][0]["includeSelectors"].as_bool(), Some(true));
        assert!((2..=partitions(role)).contains(&replicas[&format!("dateline-{word_of}")]), "{word_of}");
        succeeded(dateline().args(["run", "--role", word_of, "--instance", "dateline-fetch-0", "--help"]));
    }

    let feeds = manifest("roles/feeds.yaml");
    let job = &feeds["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    check_security(job);
    mounts(job, &Yaml::BadValue);
    let publish: Vec<&str> = list(&job["containers"][0]["args"]).iter().map(word).collect();
    assert_eq!(publish, ["feeds", "publish", "--config", arguments[2]]);
    succeeded(dateline().args(["feeds", "publish", "--help"]));

    let scaled = YamlLoader::load_from_str(&text("deploy/kubernetes/roles/scaledobjects.yaml")).unwrap();
    for (object, role) in scaled.iter().zip([Role::Enrich, Role::Dedup]) {
        let (spec, trigger) = (&object["spec"], &object["spec"]["triggers"][0]["metadata"]);
        assert_eq!(word(&spec["scaleTargetRef"]["name"]), format!("dateline-{}", role.as_str()));
        assert_eq!(spec["maxReplicaCount"].as_i64(), Some(partitions(role)), "one without a partition does nothing");
        assert_eq!(word(&trigger["consumerGroup"]), role.group(app));
        assert_eq!(word(&trigger["topic"]), role.input().name("wire"));
        assert_eq!(trigger["bootstrapServers"].as_str(), kafka["bootstrap_servers"].as_str());
    }
    assert_eq!(scaled.len(), 2, "what waits before a fetcher is the world, and that has no lag");
}

/// The manifests as they are applied, by kind and name; none without the tool.
fn rendered(folder: &str) -> Option<BTreeMap<(String, String), Yaml>> {
    let mut kubectl = tool("kubectl")?;
    let output = finished(kubectl.arg("kustomize").arg(path(folder)));
    if !output.status.success() && String::from_utf8_lossy(&output.stderr).contains("unknown field") {
        eprintln!("kubectl is too old to know this kind of kustomization");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let documents = YamlLoader::load_from_str(&String::from_utf8_lossy(&output.stdout)).unwrap();
    let name = |one: &Yaml| (word(&one["kind"]).to_owned(), word(&one["metadata"]["name"]).to_owned());
    Some(documents.into_iter().map(|document| (name(&document), document)).collect())
}

#[test]
fn kustomize_makes_of_the_manifests_what_is_meant() {
    let Some(one) = rendered("deploy/kubernetes") else { return };
    let sets = |all: &BTreeMap<(String, String), Yaml>| all.keys().filter(|(kind, _)| kind == "StatefulSet").count();
    assert_eq!(sets(&one), 1);
    let Some(roles) = rendered("deploy/kubernetes/roles") else { return };
    assert_eq!(sets(&roles), 3, "workers, and no daemon beside them");
    let of = |kind: &str, name: &str| &roles[&(kind.to_owned(), name.to_owned())];
    for role in ["fetch", "enrich", "dedup"] {
        let name = format!("dateline-{role}");
        let set = of("StatefulSet", &name);
        let labels = &set["spec"]["template"]["metadata"]["labels"];
        assert_eq!(word(&labels["app.kubernetes.io/component"]), role);
        assert_eq!(set["spec"]["selector"]["matchLabels"], *labels);
        assert_eq!(word(&set["spec"]["serviceName"]), name);
        assert_eq!(of("Service", &name)["spec"]["selector"], *labels);
        assert_eq!(of("PodDisruptionBudget", &name)["spec"]["selector"]["matchLabels"], *labels);
        let pod = &set["spec"]["template"]["spec"];
        assert_eq!(pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"], *labels);
        let mounts = mounts(pod, &set["spec"]["volumeClaimTemplates"]);
        assert!(mounts.contains_key("data"));
        assert_eq!(set["spec"]["volumeClaimTemplates"].is_badvalue(), role == "enrich", "it keeps nothing");
    }
    let fetch = &of("StatefulSet", "dateline-fetch")["spec"];
    assert_eq!(word(&fetch["persistentVolumeClaimRetentionPolicy"]["whenScaled"]), "Retain", "it holds the only copy");
    let web = &of("NetworkPolicy", "dateline-web")["spec"]["podSelector"]["matchLabels"];
    assert_eq!(*web, fetch["selector"]["matchLabels"], "only who fetches asks the world");
}

#[test]
fn systemd_understands_the_unit_and_finds_little_exposed() {
    let unit = text("deploy/systemd/dateline.service");
    let here = unit.replace("/usr/local/bin/dateline", env!("CARGO_BIN_EXE_dateline"));
    assert_ne!(unit, here);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("dateline.service");
    std::fs::write(&file, here).unwrap();
    let Some(analyze) = tool("systemd-analyze") else { return };
    let said = succeeded(Command::new(analyze.get_program()).args(["verify", "--man=no"]).arg(&file));
    assert_eq!(said, "", "a key that is not understood is only complained of");
    // 2.0 of 10; at the time of writing it is 1.1.
    succeeded(Command::new(analyze.get_program()).args(["security", "--offline=true", "--threshold=20"]).arg(&file));
}

#[test]
fn the_package_brings_what_it_should_and_is_made_alike_twice() {
    let Some(deb) = tool("dpkg-deb") else { return };
    let deb = deb.get_program();
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str| {
        let output = folder.path().join(name);
        let mut command = Command::new(path("deploy/debian/build"));
        command.arg("--binary").arg(env!("CARGO_BIN_EXE_dateline")).arg("--output").arg(&output);
        let said = succeeded(command.env("DPKG_DEB_COMPRESSOR_TYPE", "none").env("SOURCE_DATE_EPOCH", "1700000000"));
        PathBuf::from(said.lines().last().unwrap())
    };
    let package = made("first");
    assert!(std::fs::read(&package).unwrap() == std::fs::read(made("second")).unwrap(), "two builds differ");

    let field = |name: &str| succeeded(Command::new(deb).arg("--field").arg(&package).arg(name)).trim().to_owned();
    assert_eq!(field("Version"), format!("{}-1", env!("CARGO_PKG_VERSION")));
    assert!(field("Depends").starts_with("libc6 (>= 2."), "{}", field("Depends"));
    let tree = folder.path().join("tree");
    succeeded(Command::new(deb).arg("--raw-extract").arg(&package).arg(&tree));
    let within = |name: &str| std::fs::read_to_string(tree.join(name)).unwrap();

    assert_eq!(within("DEBIAN/conffiles"), "/etc/dateline/dateline.toml\n/etc/dateline/feeds.toml\n");
    assert_eq!(within("etc/dateline/dateline.toml"), text("config/dateline.toml"));
    let feeds: toml::Table = within("etc/dateline/feeds.toml").parse().unwrap();
    assert!(feeds.is_empty(), "which publishers are asked is for the operator to say");
    assert!(within("etc/dateline/feeds.toml").contains("# [[feed]]"), "and what to write is explained");
    let catalogue = within("usr/share/doc/dateline/examples/feeds.toml");
    assert_eq!(catalogue, text("config/feeds.toml"));
    let unit = within("usr/lib/systemd/system/dateline.service");
    assert!(unit.starts_with("[Unit]\n"), "{unit}");
    let start = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    assert_eq!(start, "/usr/bin/dateline run --config /etc/dateline/dateline.toml");
    let version = succeeded(Command::new(tree.join("usr/bin/dateline")).arg("--version"));
    assert_eq!(version.trim(), concat!("dateline ", env!("CARGO_PKG_VERSION")));
    for document in
        ["copyright", "changelog.gz", "changelog.Debian.gz", "NOTICE.gz", "RUNBOOK.md.gz", "UPGRADING.md.gz"]
    {
        assert!(tree.join("usr/share/doc/dateline").join(document).metadata().unwrap().len() > 100, "{document}");
    }
    for page in [
        "man/man1/dateline.1.gz",
        "man/man1/dateline-run.1.gz",
        "bash-completion/completions/dateline",
        "zsh/vendor-completions/_dateline",
        "fish/vendor_completions.d/dateline.fish",
    ] {
        assert!(tree.join("usr/share").join(page).metadata().unwrap().len() > 500, "{page}");
    }
    for script in ["postinst", "prerm", "postrm"] {
        succeeded(Command::new("sh").arg("-n").arg(tree.join("DEBIAN").join(script)));
    }
    let purged = within("DEBIAN/postrm");
    let (removed, purged) = purged.split_once("= purge").unwrap();
    assert!(!removed.contains("rm -rf") && purged.contains("rm -rf /var/lib/dateline /var/lib/private/dateline"));
}
