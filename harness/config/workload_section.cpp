// workload: — what is sent.

#include <set>

#include "config/codec.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;
using Lengths = LengthDistribution;
using Kind = PromptSource::Kind;

void check_lengths(const Cursor& at, Lengths& d) {
  const bool empirical = d.kind == Lengths::Kind::empirical;
  if (empirical != at.at("file").present()) {
    at.at("file").fail(empirical ? "nothing" : "a file",
                       empirical ? "a file with one length a line" : "a file with kind: empirical");
  }
  if (empirical) {
    if (at.at("mean").present()) at.at("mean").fail("no mean with kind: empirical");
    d.mean = d.min;  // there is a distribution; its file is read when the prompts are made
    return;
  }
  if (d.mean == 0 && d.kind == Lengths::Kind::uniform && d.max > 0) d.mean = (d.min + d.max) / 2;
  if (d.mean <= 0) at.at("mean").fail("nothing", "the mean number of tokens, above 0");
  if (d.max != 0 && d.max < d.min)
    at.at("max").fail(number_text(d.max), "at least min, " + number_text(d.min));
  if (d.kind == Lengths::Kind::uniform && d.max == 0)
    at.at("max").fail("nothing", "the upper end of a uniform distribution");
  if (d.kind == Lengths::Kind::lognormal && d.sd <= 0)
    at.at("sd").fail("nothing", "the standard deviation, above 0");
  if (d.kind != Lengths::Kind::lognormal && d.sd != 0) at.at("sd").fail("only for kind: lognormal");
  if (d.mean < d.min || (d.max != 0 && d.mean > d.max)) {
    at.at("mean").fail(number_text(d.mean), "a mean between min and max");
  }
}

const Section<Lengths>& lengths_section() {
  static const Section<Lengths> section = [] {
    const Number tokens{0, 1e7};
    Section<Lengths> s("lengths",
                       "A distribution of whole numbers, tokens or turns; a plain number is fixed.");
    s.key("kind", &Lengths::kind,
          Choice<Lengths::Kind>{{{"fixed", Lengths::Kind::fixed},
                                 {"uniform", Lengths::Kind::uniform},
                                 {"lognormal", Lengths::Kind::lognormal},
                                 {"empirical", Lengths::Kind::empirical}}},
          "shape of the distribution");
    s.key("mean", &Lengths::mean, tokens, "fixed: the length; lognormal: the mean of the lengths");
    s.key("sd", &Lengths::sd, tokens, "lognormal: the standard deviation of the lengths");
    s.key("min", &Lengths::min, Number{1, 1e7}, "shortest");
    s.key("max", &Lengths::max, tokens, "longest; 0: no limit");
    s.key("file", &Lengths::file, Text{Use::path},
          "empirical: one length a line, drawn with replacement");
    s.finally(check_lengths);
    return s;
  }();
  return section;
}

Type lengths_type() {
  Type type{Type::Kind::number_or_map};
  type.minimum = 1;
  type.section = &lengths_section().info();
  return type;
}

void read_lengths(const Cursor& at, Lengths& into) {
  if (at.node().kind == Node::Kind::scalar) {
    into.mean = Number{1, 1e7}.read(at);
  } else {
    lengths_section().read(at, into);
  }
}

const Section<SharedPrefix>& shared_prefix_section() {
  static const Section<SharedPrefix> section = [] {
    Section<SharedPrefix> s("shared_prefix", "Groups of synthetic prompts that begin alike.");
    s.key("groups", &SharedPrefix::groups, Whole<std::size_t>{1, 1'000'000},
          "how many texts prompts begin with")
        .required();
    s.key("hit_rate", &SharedPrefix::hit_rate, Share{},
          "declared share of a prompt's tokens that its group shares, in blocks of 16 tokens; the "
          "report shows it beside the rate that was measured")
        .required();
    s.finally([](const Cursor& at, SharedPrefix& p) {
      if (p.hit_rate <= 0 || p.hit_rate >= 1)
        at.at("hit_rate").fail(number_text(p.hit_rate), "a share between 0 and 1");
    });
    return s;
  }();
  return section;
}

bool reads_file(Kind kind) {
  return kind == Kind::trace || kind == Kind::sharegpt || kind == Kind::jsonl;
}

void only_for(const Cursor& at, const char* key, bool allowed, const char* wanted) {
  if (!allowed && at.at(key).present()) at.at(key).fail(std::string("only with ") + wanted);
}

void check_source(const Cursor& at, const PromptSource& w) {
  const bool synthetic = w.kind == Kind::synthetic;
  if (w.kind == Kind::suite && w.suite.empty())
    at.at("suite").fail("nothing", "the path of a prompt suite (or kind: synthetic)");
  only_for(at, "suite", w.kind == Kind::suite, "kind: suite");
  if (reads_file(w.kind) && w.file.empty()) at.at("file").fail("nothing", "the path of the data");
  only_for(at, "file", reads_file(w.kind), "kind: trace, sharegpt or jsonl");
  for (const char* key : {"input_tokens", "output_tokens"}) {
    if (synthetic && !at.at(key).present())
      at.at(key).fail("nothing", "a number of tokens (kind: synthetic)");
    const bool allowed = synthetic || (w.kind == Kind::sharegpt && key[0] == 'o');
    if (!allowed && at.at(key).present())
      at.at(key).fail("only with kind: synthetic; a suite or a file brings its own lengths");
  }
  for (const char* key : {"shared_prefix", "turns"}) only_for(at, key, synthetic, "kind: synthetic");
  for (const char* key : {"format", "window_from", "window_length", "block_tokens"})
    only_for(at, key, w.kind == Kind::trace, "kind: trace");
  only_for(at, "sessions", w.kind == Kind::sharegpt, "kind: sharegpt");
  only_for(at, "natural", w.kind == Kind::trace || w.kind == Kind::jsonl, "kind: trace or jsonl");
  only_for(at, "max_turns", w.sessions, "sessions: true");
  only_for(at, "think_time", w.sessions || at.at("turns").present(), "sessions: true or turns");
  if (at.at("turns").present() && at.at("shared_prefix").present())
    at.at("shared_prefix").fail("no shared prefix with turns: a session shares what it said before");
}

template <class T>
void source_keys(Section<T>& s) {
  s.key("kind", static_cast<Kind T::*>(&T::kind),
        Choice<Kind>{{{"suite", Kind::suite},
                      {"synthetic", Kind::synthetic},
                      {"trace", Kind::trace},
                      {"sharegpt", Kind::sharegpt},
                      {"jsonl", Kind::jsonl}}},
        "prompts of a suite, made up, as long and as often as the rows of a trace (text made up), "
        "of a ShareGPT file, or of a JSONL file with `prompt` or `messages`");
  s.key("suite", static_cast<std::string T::*>(&T::suite), Text{Use::path},
        "suite (JSONL), relative to the scenario file");
  s.key("file", static_cast<std::string T::*>(&T::file), Text{Use::path},
        "trace, sharegpt, jsonl: the data, relative to the scenario file; gz or plain");
  s.custom(
      "input_tokens", lengths_type(), "",
      [](const Cursor& at, T& w) { read_lengths(at, w.input_tokens); },
      "synthetic: prompt lengths; with `turns`, of what a turn adds");
  s.custom(
      "output_tokens", lengths_type(), "",
      [](const Cursor& at, T& w) { read_lengths(at, w.output_tokens); },
      "synthetic: exact answer lengths (see `exact_by`); sharegpt: the same, left out: they end "
      "by themselves, at max_tokens at the latest");
  s.nested("shared_prefix", static_cast<SharedPrefix T::*>(&T::shared_prefix),
           shared_prefix_section(), "synthetic: prompts that begin alike; needs `cache: block`");
  s.custom(
      "turns", lengths_type(), "", [](const Cursor& at, T& w) { read_lengths(at, w.turns); },
      "synthetic: sessions of that many turns; each sends all that was said before, with made-up "
      "answers, so that both arms are sent the same");
  s.key("sessions", static_cast<bool T::*>(&T::sessions), Flag{},
        "sharegpt: every turn of a conversation, one after the other; else its first");
  s.key("max_turns", static_cast<std::size_t T::*>(&T::max_turns), Whole<std::size_t>{0, 10'000},
        "sharegpt with sessions: longer conversations are cut after so many turns; 0: never");
  s.key("think_time", static_cast<Duration T::*>(&T::think_time), Span{},
        "sessions: from the end of an answer to the next turn")
      .fallback("0s");
  s.key("format", static_cast<TraceKind T::*>(&T::format),
        Choice<TraceKind>{{{"automatic", TraceKind::automatic},
                           {"azure", TraceKind::azure},
                           {"mooncake", TraceKind::mooncake},
                           {"burstgpt", TraceKind::burstgpt},
                           {"qwen-bailian", TraceKind::qwen_bailian}}},
        "trace: its format; automatic: told by the first line");
  s.key("window_from", static_cast<Duration T::*>(&T::window_from), Span{},
        "trace: where the window begins, in time since its first row")
      .fallback("0s");
  s.key("window_length", static_cast<std::optional<Duration> T::*>(&T::window_length), Span{},
        "trace: how much of its time is replayed; left out: all");
  s.key("block_tokens", static_cast<int T::*>(&T::block_tokens), Whole<int>{0, 65536},
        "trace with block hashes: tokens that a hash stands for; 0: the format's (mooncake 512, "
        "qwen-bailian 16)");
  s.key("natural", static_cast<bool T::*>(&T::natural), Flag{},
        "trace, jsonl: lengths of the file only limit the answers; else they are exact");
}

const Section<WorkloadClass>& class_section() {
  static const Section<WorkloadClass> section = [] {
    Section<WorkloadClass> s("class", "One kind of traffic of a mixed load.");
    s.key("name", &WorkloadClass::name, Text{Use::id}, "name of the class, unique").required();
    s.key("weight", &WorkloadClass::weight, Number{0, 1e6, true},
          "share of the requests (sessions: of the sessions), against the others' weights");
    source_keys(s);
    s.finally([](const Cursor& at, WorkloadClass& c) { check_source(at, c); });
    return s;
  }();
  return section;
}

/// Salting every request by itself would undo what is declared as shared.
void check_cold(const Cursor& at, const Workload& w, const PromptSource& source) {
  const bool shares = source.shared_prefix.groups > 0;
  if (shares && w.cache == CachePolicy::cold) {
    at.at("cache").fail("cold", "cache: block with a shared_prefix (cold salts every request, so "
                                "that nothing is shared)");
  }
}

void check_workload(const Cursor& at, Workload& w) {
  if (w.classes.empty()) {
    check_source(at, w);
    check_cold(at, w, w);
    return;
  }
  for (const char* key : {"kind", "suite", "file", "input_tokens", "output_tokens", "shared_prefix",
                          "turns", "sessions", "max_turns", "think_time",
                          "format", "window_from",
                          "window_length", "block_tokens", "natural"}) {
    if (at.at(key).present()) at.at(key).fail("no such key beside classes: each class has its own");
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < w.classes.size(); ++i) {
    check_cold(at, w, w.classes[i]);
    if (!names.insert(w.classes[i].name).second)
      at.at("classes").at(i).at("name").fail(w.classes[i].name + " a second time", "a unique name");
  }
}

}  // namespace

const Section<Workload>& workload_section() {
  static const Section<Workload> section = [] {
    Section<Workload> s(
        "workload", "What the load consists of; both arms get the same prompts in the same order.");
    source_keys(s);
    s.list("classes", &Workload::classes, class_section(),
           "a mixed load: several kinds of traffic with weights, instead of the keys above");
    s.key("cache", &Workload::cache,
          Choice<CachePolicy>{{{"cold", CachePolicy::cold},
                               {"block", CachePolicy::block},
                               {"warm", CachePolicy::warm},
                               {"off", CachePolicy::off}}},
          "prefix cache: `cold` salts every request (a session as one), `block` all requests of a "
          "block and arm alike, so that shared prefixes hit within it, `warm` sends every prompt "
          "once before the blocks, `off` adds nothing");
    s.key("salt_by", &Workload::salt_by,
          Choice<SaltBy>{
              {{"cache_salt", SaltBy::cache_salt}, {"prompt_prefix", SaltBy::prompt_prefix}}},
          "vLLM's `cache_salt` field, or a comment line before the prompt for servers without it");
    s.key("exact_by", &Workload::exact_by,
          Choice<ExactBy>{{{"ignore_eos", ExactBy::ignore_eos},
                           {"min_tokens", ExactBy::min_tokens},
                           {"both", ExactBy::both}}},
          "how exact answer lengths are asked for, beside max_tokens");
    s.finally(check_workload);
    return s;
  }();
  return section;
}

}  // namespace abgate::config
