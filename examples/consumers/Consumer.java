import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.*;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/**
 * Keeps the figures that stand in a file, and prints the latest of each country and metric.
 *
 * <p>Needs kafka-clients and jackson-databind on the class path: {@code java -cp 'libs/*' Consumer.java --until-end}.
 * It may be killed at any moment: positions are committed behind the file, and what comes again changes nothing.
 */
public final class Consumer {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Of every claim and article the newest record with its generation, of every story the last one. */
    private final Map<String, ObjectNode> claims = new TreeMap<>();
    private final Map<String, ObjectNode> articles = new TreeMap<>();
    private final Map<String, ObjectNode> stories = new TreeMap<>();

    /** Takes one record into the tables. */
    void apply(ConsumerRecord<String, String> message) throws IOException {
        if (message.topic().endsWith(".stories.v1")) {
            if (message.value() == null) {
                stories.remove(message.key()); // A tombstone: the story is past the horizon.
            } else {
                stories.put(message.key(), (ObjectNode) JSON.readTree(message.value()));
            }
            return;
        }
        ObjectNode record = (ObjectNode) JSON.readTree(message.value());
        byte[] generation = message.headers().lastHeader("generation").value();
        record.put("generation", Long.parseLong(new String(generation, StandardCharsets.US_ASCII)));
        Map<String, ObjectNode> table = message.topic().endsWith(".articles.v1") ? articles : claims;
        // A generation is a replay that an operator asked for; within one, revisions rise. What is not newer is a repeat.
        table.merge(record.get("id").asText(), record, (old, given) -> NEWNESS.compare(given, old) > 0 ? given : old);
    }

    private static final Comparator<JsonNode> NEWNESS =
        Comparator.<JsonNode>comparingLong(record -> record.get("generation").asLong())
            .thenComparingLong(record -> record.get("revision").asLong());

    /** A claim stands while it is asserted and its item has not been told again in a later generation. */
    private List<ObjectNode> standing() {
        Map<String, Long> newest = new HashMap<>();
        claims.values().forEach(claim -> newest.merge(text(claim, "item"), claim.get("generation").asLong(), Math::max));
        articles.forEach((item, article) -> newest.merge(item, article.get("generation").asLong(), Math::max));
        return claims.values().stream()
            .filter(claim -> text(claim, "op").equals("assert"))
            .filter(claim -> claim.get("generation").asLong() == newest.get(text(claim, "item")))
            .toList();
    }

    void show() {
        // Copies claim nothing: they only raise the number of items that tell a figure. What was killed is not counted.
        Map<String, Integer> copies = new HashMap<>();
        articles.values().stream()
            .filter(article -> !text(article, "change").equals("kill"))
            .map(article -> article.get("duplicate"))
            .filter(duplicate -> List.of("exact", "near", "abridged").contains(text(duplicate, "relation")))
            .forEach(duplicate -> copies.merge(text(duplicate, "of"), 1, Integer::sum));
        int items = 0;
        int told = 0;
        for (ObjectNode story : stories.values()) {
            int members = 0;
            for (JsonNode member : story.get("members")) {
                ObjectNode article = articles.get(member.asText());
                if (story.get("merged_into").isNull() && article != null && !text(article, "change").equals("kill")) {
                    members++;
                }
            }
            items += members;
            told += members > 0 ? 1 : 0;
        }
        System.out.println(told + " stories in " + items + " items");

        Comparator<ObjectNode> latest = Comparator.<ObjectNode, String>comparing(claim -> text(claim, "as_of"))
            .thenComparing(claim -> text(claim, "observed"))
            .thenComparing(Comparator.<ObjectNode, String>comparing(claim -> text(claim, "id")).reversed());
        Map<String, ObjectNode> figures = new TreeMap<>();
        for (ObjectNode claim : standing()) {
            boolean plain = text(claim, "disease").equals("COVID-19") && text(claim, "place_kind").equals("country")
                && text(claim, "status").equals("reported") && claim.get("subset").isEmpty()
                && text(claim, "statistic").isEmpty() && !claim.get("value").isNull();
            if (plain) {
                String kind = text(claim, "kind") + (text(claim, "period").isEmpty() ? "" : "/" + text(claim, "period"));
                String key = String.join("\t", text(claim, "iso2"), text(claim, "metric"), kind);
                figures.merge(key, claim, (one, other) -> latest.compare(one, other) > 0 ? one : other);
            }
        }
        figures.forEach((key, claim) -> System.out.println(String.join("\t", key, text(claim, "as_of"), figure(claim),
            String.valueOf(1 + copies.getOrDefault(text(claim, "item"), 0)), text(claim, "agency"), text(claim, "sentence"))));
    }

    private static String figure(ObjectNode claim) {
        String qualifier = text(claim, "qualifier").equals("exact") ? "" : text(claim, "qualifier") + " ";
        String upper = claim.get("value_max").isNull() ? "" : "-" + text(claim, "value_max");
        String unit = text(claim, "unit").equals("count") ? "" : " " + text(claim, "unit");
        return qualifier + text(claim, "value") + upper + unit;
    }

    /** A member as text; null and absent are empty. */
    private static String text(JsonNode record, String name) {
        return record.path(name).isNull() ? "" : record.path(name).asText();
    }

    private static Consumer load(Path file) throws IOException {
        Consumer consumer = new Consumer();
        if (Files.exists(file)) {
            JsonNode saved = JSON.readTree(Files.readString(file));
            saved.get("claims").fields().forEachRemaining(row -> consumer.claims.put(row.getKey(), (ObjectNode) row.getValue()));
            saved.get("articles").fields().forEachRemaining(row -> consumer.articles.put(row.getKey(), (ObjectNode) row.getValue()));
            saved.get("stories").fields().forEachRemaining(row -> consumer.stories.put(row.getKey(), (ObjectNode) row.getValue()));
        }
        return consumer;
    }

    /** The file is never seen half written. */
    private void save(Path file) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".new");
        Files.writeString(beside, JSON.writeValueAsString(Map.of("claims", claims, "articles", articles, "stories", stories)));
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    public static void main(String[] arguments) throws IOException {
        Map<String, String> given = new HashMap<>(Map.of("--bootstrap-servers", "127.0.0.1:9092", "--prefix", "wire",
            "--group", "desk", "--state", "figures.json"));
        boolean untilEnd = false;
        for (int at = 0; at < arguments.length; at++) {
            if (arguments[at].equals("--until-end")) {
                untilEnd = true;
            } else if (given.replace(arguments[at], arguments[Math.min(at + 1, arguments.length - 1)]) != null) {
                at++;
            } else {
                System.err.println("usage: Consumer [--until-end] and a value to each of " + given.keySet());
                System.exit(2);
            }
        }
        Path file = Path.of(given.get("--state"));
        Consumer tables = load(file);

        Properties settings = new Properties();
        settings.put("bootstrap.servers", given.get("--bootstrap-servers"));
        settings.put("group.id", given.get("--group"));
        settings.put("isolation.level", "read_committed"); // Not the default in Java.
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", "false");
        settings.put("key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        settings.put("value.deserializer", "org.apache.kafka.common.serialization.StringDeserializer");
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(settings)) {
            consumer.subscribe(Stream.of("covid-stats.v1", "articles.v1", "stories.v1")
                .map(name -> given.get("--prefix") + "." + name).toList());
            while (true) {
                ConsumerRecords<String, String> read = consumer.poll(Duration.ofSeconds(1));
                for (ConsumerRecord<String, String> message : read) {
                    tables.apply(message);
                }
                if (!read.isEmpty()) {
                    // Behind the file: a crash between the two reads again what is there, and nothing is missing.
                    tables.save(file);
                    consumer.commitSync();
                }
                boolean atEnd = untilEnd && !consumer.assignment().isEmpty()
                    && consumer.endOffsets(consumer.assignment()).entrySet().stream()
                        .allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
                if (atEnd || (!read.isEmpty() && !untilEnd)) {
                    tables.show();
                }
                if (atEnd) {
                    return;
                }
            }
        }
    }
}
