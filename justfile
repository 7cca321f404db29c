# Shortcuts for people; nothing needs `just`: each recipe is the command that one would type.

# How many faults of each kind a campaign has under `just faults`.
kills := env("DATELINE_FAULTS_KILLS", "1000")

# How often one of three brokers is taken away.
brokers := env("DATELINE_FAULTS_BROKERS", "50")

# What can be done.
default:
    @just --list

# Everything that must hold before a change goes in: format, lints, every test, against a real broker.
check:
    cargo fmt --check
    cargo clippy --all-targets --features faults,otlp -- -D warnings
    tests/run

# Every test, or those that the arguments name.
test *arguments:
    tests/run {{arguments}}

# The long campaigns of the delivery contract in an optimised build, one after the other, with their figures.
faults *names="crash cluster":
    DATELINE_FAULTS_KILLS={{kills}} DATELINE_FAULTS_BROKERS={{brokers}} tests/run --release --test it -- {{names}} --nocapture --test-threads 1

# The same for work that is shared out: workers killed, added and taken away, frozen, and brokers with them.
faults-roles kills="500" rebalances="250" zombies="30":
    DATELINE_FAULTS_KILLS={{kills}} DATELINE_FAULTS_REBALANCES={{rebalances}} DATELINE_FAULTS_ZOMBIES={{zombies}} DATELINE_FAULTS_BROKERS={{brokers}} tests/run --release --test it -- roles_faults:: --nocapture --test-threads 1

# Power cuts, failing calls and flipped bits at their full number.
faults-disk:
    DATELINE_FAULTS_SCHEDULES=10000 DATELINE_FAULTS_POWER_RESTARTS=100 DATELINE_FAULTS_SYSCALLS=1 DATELINE_FAULTS_FLIPS=10000 DATELINE_FAULTS_FRAMES=30 tests/run --release --test it -- disk:: --nocapture --test-threads 2

# Feed servers that misbehave at their full number: 10,000 feeds in one process, 1,000 that drip.
faults-feeds feeds="10000" drips="1000":
    DATELINE_FAULTS_FEEDS={{feeds}} DATELINE_FAULTS_DRIPS={{drips}} DATELINE_FAULTS_OUTAGE=60 tests/run --release --test it -- feed_server:: --nocapture --test-threads 1

# How soon a restart publishes with much remembered, in an optimised build, with its figures.
restarts items="100000" restarts="40":
    DATELINE_RESTART_ITEMS={{items}} DATELINE_RESTARTS={{restarts}} tests/run --release --test it -- restart --nocapture --test-threads 1

# How soon a story is published, alone and amid a flood of new feeds, in an optimised build, with its figures.
latency stories="500" feeds="1000":
    DATELINE_LATENCY_STORIES={{stories}} DATELINE_FLOOD_FEEDS={{feeds}} tests/run --release --test it -- latency:: --nocapture --test-threads 1

# A Debian package, put into a clean Debian and taken out again; as root, with debootstrap.
deb-check *package:
    deploy/debian/check {{package}}

# Writes docs/ACCURACY.md: how right each field is on the labelled text.
accuracy:
    tools/accuracy

# Writes docs/CLI.md: every verb with its help.
cli-reference:
    DATELINE_WRITE_CLI=1 cargo test --locked --test it the_reference_of_the_command_line

# Pictures of the status page for the documents, in docs/images.
screenshots:
    DATELINE_SCREENSHOTS=1 tests/run --test it browser::

# A run with the seed that a failed one has printed.
again seed name kills="30":
    DATELINE_FAULTS_SEED={{seed}} DATELINE_FAULTS_KILLS={{kills}} tests/run --test it {{name}} -- --nocapture --exact

# The daemon on invented feeds with its status page, without network or configuration, until Ctrl-C.
demo:
    cargo run --release -- demo --stay

# What each room takes of a processor for a story, and that beside its peers: of our own corpus, or of a folder with feeds.
bench *corpus:
    cargo bench --locked --bench stages -- {{corpus}}
    cargo bench --locked --bench peers -- {{corpus}}

# What the way to the broker at that address costs, beside Kafka's own library.
bench-kafka address:
    cargo bench --locked --bench kafka -- {{address}}

# Instructions that each room takes for a story, against benches/counts.tsv.
counts *options:
    benches/counts {{options}}

# dateline beside peers of the yardstick in that folder, as a table; its nginx and broker must run.
yardstick folder corpus label="run" *peers="go dateline":
    cargo build --release --locked
    benches/yardstick/run {{folder}} {{corpus}} {{label}} {{peers}}
