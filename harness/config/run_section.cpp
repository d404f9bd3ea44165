// timeouts:, quality:, slo:, client:, validity:, seeds:, report:

#include "config/codec.hpp"
#include "config/sections.hpp"
#include "core/rng.hpp"

namespace abgate::config {
namespace {
using Use = Text::Use;
const Whole<std::size_t> kCount{0, 100'000'000};
}  // namespace

const Section<Timeouts>& timeouts_section() {
  static const Section<Timeouts> section = [] {
    Section<Timeouts> s("timeouts", "A request that runs into one has failed, and counts.");
    s.key("connect", &Timeouts::connect, Span{}, "to a ready connection, TLS included");
    s.key("first_token", &Timeouts::first_token, Span{}, "from the write to the first token");
    s.key("idle", &Timeouts::idle, Span{}, "between two reads afterwards");
    s.key("total", &Timeouts::total, Span{}, "the whole request");
    return s;
  }();
  return section;
}

const Section<LikelihoodConfig>& likelihood_section() {
  using L = LikelihoodConfig;
  static const Section<L> section = [] {
    Section<L> s("likelihood",
                 "Teacher-forced log-probabilities of code: needs servers that give those of a "
                 "prompt (vLLM, SGLang, llama-cpp-python; not llama-server).");
    s.key("enabled", &L::enabled, Flag{}, "ask for them; `quality.ppl_ratio` needs it");
    s.key("documents", &L::documents, kCount,
          "reference code of the first n items of the pass, after what stands before it; 0: all");
    s.key("outputs", &L::outputs, kCount,
          "n of the baseline's own answers, in the order that they came, read by both arms; 0: none. "
          "Completions API only: how a server writes a chat as text is its own affair");
    s.key("top_k", &L::top_k, Whole<int>{1, 1000},
          "most likely tokens per position; vLLM refuses more than its --max-logprobs, 20");
    s.key("concurrency", &L::concurrency, Whole<std::size_t>{1, 256}, "texts asked at once");
    s.key("tokens", &L::whole_document,
          Choice<bool>{{{"document", true}, {"reference", false}}},
          "which count for the perplexity: all (a fill-in-the-middle item is read as the whole "
          "file, from left to right), or only those of the reference (such an item is read as "
          "`fim_template` writes it, the middle last)");
    return s;
  }();
  return section;
}

const Section<ScorerConfig>& scorer_section() {
  static const Section<ScorerConfig> section = [] {
    Section<ScorerConfig> s(
        "scorer",
        "A scorer of your own: a command that reads the answers as JSONL on standard input (id, "
        "arm, repeat, kind, category, language, prompt, suffix, messages, reference, completion) "
        "and writes {\"id\", \"arm\", \"repeat\", \"score\"} a line for each of them. Run once "
        "after the quality pass, trusted, outside the sandbox; its scores are stored, so that "
        "`judge` never runs it.");
    s.key("command", &ScorerConfig::command, Texts{},
          "program and arguments; a program with a / is relative to the scenario's folder, where "
          "it also runs")
        .required();
    s.key("metric", &ScorerConfig::metric, Text{Use::id},
          "its name in the report; criteria name it `quality.plugin`");
    s.key("higher_is_better", &ScorerConfig::higher_is_better, Flag{},
          "scores lie between 0 and 1; true: 1 is good");
    s.key("timeout", &ScorerConfig::timeout, Span{}, "of the whole command");
    return s;
  }();
  return section;
}

const Section<QualityConfig>& quality_section() {
  static const Section<QualityConfig> section = [] {
    Section<QualityConfig> s(
        "quality", "The quality pass: every item of a suite once per arm, natural stops.");
    s.key("suite", &QualityConfig::suite, Text{Use::path},
          "suite (JSONL), relative to the scenario file; left out: no pass");
    s.key("concurrency", &QualityConfig::concurrency, Whole<std::size_t>{1, 100'000},
          "the load at which quality is judged");
    s.key("limit", &QualityConfig::limit, kCount,
          "the first n items after a seeded shuffle; 0: all");
    s.key("repeats", &QualityConfig::repeats, Whole<std::size_t>{1, 1000},
          "times that each item is asked");
    s.key("pass_k", &QualityConfig::pass_k, Whole<std::size_t>{0, 1000},
          "k of `quality.pass_at_k`, at most `repeats`; 0: `repeats`, where that is more than 1");
    s.key("fim_template", &QualityConfig::fim_template, Text{},
          "how the models write fill-in-the-middle prompts");
    s.key("worst_shown", &QualityConfig::worst_shown, kCount,
          "pairs shown side by side in the report");
    s.key("control", &QualityConfig::control, Flag{},
          "ask the baseline a second time: the floor of changed answers");
    s.key("logprobs", &QualityConfig::logprobs, Whole<int>{0, 20},
          "most likely tokens that every answer of the pass is stored with at each position, with "
          "their log-probabilities and token ids; 0: not asked. All arms are asked for what the "
          "least of them gives; requests of the load never ask");
    s.nested("likelihood", &QualityConfig::likelihood, likelihood_section(),
             "log-probabilities of reference code; left out: none");
    s.nested("scorer", &QualityConfig::scorer, scorer_section(),
             "a scorer of your own; left out: none");
    s.key("max_failed_pairs", &QualityConfig::max_failed_pairs, Share{},
          "more pairs lost to failed requests void the quality result");
    return s;
  }();
  return section;
}

const Section<Slo>& slo_section() {
  static const Section<Slo> section = [] {
    Section<Slo> s("slo", "Objectives of one request, for goodput and `slo_attainment`.");
    s.key("ttft", &Slo::ttft, Span{}, "time to first token");
    s.key("tpot", &Slo::tpot, Span{}, "time per output token");
    s.key("e2e", &Slo::e2e, Span{}, "the whole request");
    s.key("attainment", &Slo::attainment, Share{},
          "requests that must meet all of them: what `abgate search slo` looks for");
    s.finally([](const Cursor& at, Slo& slo) {
      if (!(slo.attainment > 0 && slo.attainment < 1))
        at.at("attainment").fail("a share between 0 and 1 without its ends, e.g. 95 %");
    });
    return s;
  }();
  return section;
}

const Section<ClientConfig>& client_section() {
  static const Section<ClientConfig> section = [] {
    Section<ClientConfig> s("client", "The machine that sends the load.");
    s.key("loops", &ClientConfig::loops, Whole<std::size_t>{0, 64},
          "event loops, each a thread with connections of its own; 0: one, and another for every "
          "2,000 streams of a closed load or of a cap, on at most half of the cores. One carries "
          "some 100,000 events/s (`abgate calibrate client` says how many here)");
    return s;
  }();
  return section;
}

const Section<ValidityRules>& validity_section() {
  using V = ValidityRules;
  static const Section<ValidityRules> section = [] {
    Section<ValidityRules> s(
        "validity", "Beyond these the run is VOID: harness or environment made the numbers.");
    s.key("max_schedule_lag_p99", &V::max_schedule_lag_p99, Span{},
          "open loop: sent later than planned");
    s.key("max_loop_lag_p99", &V::max_loop_lag_p99, Span{},
          "the client's loop: wake-up to stamp, and due to running");
    s.key("max_client_cpu", &V::max_client_cpu, Share{}, "of one core");
    s.key("max_retransmits", &V::max_retransmits, Share{},
          "of an arm's TCP segments: sent again, or received behind a gap");
    s.key("max_receive_queue", &V::max_receive_queue, Whole<std::uint64_t>{1, 1 << 30},
          "bytes waiting in a socket when it was read, p99; more may have held the server up");
    s.key("aa_must_contain_one", &V::aa_must_contain_one, Flag{},
          "baseline against itself: the interval must contain 1, else no GO; VOID where it differs "
          "beyond chance and by more than aa_max_half_width");
    s.key("aa_max_half_width", &V::aa_max_half_width, Share{},
          "and must not be wider than this to either side");
    s.key("same_token_ids", &V::same_token_ids, Flag{},
          "both servers tokenise the prompts alike, where they can be asked");
    s.key("max_cache_hit_difference", &V::max_cache_hit_difference, Share{},
          "of the prefix cache hit rates of the arms under `cache: cold`");
    s.key("min_blocks", &V::min_blocks, Whole<std::size_t>{1, 1000}, "fewer blocks: INCONCLUSIVE");
    return s;
  }();
  return section;
}

const Section<Seeds>& seeds_section() {
  static const Section<Seeds> section = [] {
    // Signed 63 bits: YAML and JSON readers agree on no more.
    const Whole<std::uint64_t> seed{0};
    Section<Seeds> s("seeds", "One seed per random dimension.");
    s.key("base", &Seeds::base, seed, "the others derive from it");
    s.key("prompts", &Seeds::prompts, seed, "order and choice of prompts").fallback("derived");
    s.key("schedule", &Seeds::schedule, seed, "arrival times").fallback("derived");
    s.key("blocks", &Seeds::blocks, seed, "order of the arms").fallback("derived");
    s.key("bootstrap", &Seeds::bootstrap, seed, "resampling").fallback("derived");
    return s;
  }();
  return section;
}

const Section<ReportOptions>& report_section() {
  static const Section<ReportOptions> section = [] {
    Section<ReportOptions> s("report", "What is written beside the verdict.");
    s.key("formats", &ReportOptions::formats, Texts{{"md", "html", "json", "junit", "prom", "vllm-bench"}},
          "renditions");
    s.key("title", &ReportOptions::title, Text{Use::prose},
          "heading; left out: made from the verdict");
    s.key("rollback", &ReportOptions::rollback, Text{Use::prose},
          "Markdown of the rollback section");
    s.key("sign_off", &ReportOptions::sign_off, Texts{}, "rows of the sign-off table");
    return s;
  }();
  return section;
}

}  // namespace abgate::config
