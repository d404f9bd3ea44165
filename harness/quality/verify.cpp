// The grader's own test (execute.hpp): references must pass, stubs must fail.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>

#include "core/time.hpp"
#include "quality/execute.hpp"
#include "quality/parallel.hpp"
#include "quality/truncate.hpp"

namespace abgate::quality {

namespace {

struct ItemCheck {
  bool reference = false, stub = false;
  std::vector<std::string> failures;
};

ItemCheck check_item(const SuiteItem& item, Executor& executor) {
  ItemCheck out;
  const auto note = [&](std::string_view what, const RunVerdict& v) {
    out.failures.push_back(fmt::format("{}: {}: {}{}{}", item.id, what, to_string(v.cls),
                                       v.detail.empty() ? "" : ": ", v.detail));
  };
  // As an answer would be: cut first.
  if (!item.reference.empty()) {
    const RunVerdict reference = executor.run(item, Truncator(item).cut(item.reference).text);
    out.reference = reference.cls == RunClass::pass;
    if (reference.cls == RunClass::forged) {
      note("its tests cannot fail: the reference", reference);
    } else if (!out.reference) {
      note("the reference does not pass", reference);
    }
  }
  // A stub that does not end has failed: no need to wait for it twice.
  const RunVerdict stub = executor.run(item, stub_completion(item), false);
  constexpr std::array passing{RunClass::pass, RunClass::forged, RunClass::unproven,
                               RunClass::infra_error};
  out.stub = std::find(passing.begin(), passing.end(), stub.cls) == passing.end();
  if (!out.stub) note("the stub does not fail", stub);
  return out;
}

}  // namespace

std::string SuiteCheck::sentence() const {
  return fmt::format("{} of {} references pass, {} of {} stubs fail", references_pass,
                     executable - without_reference, stubs_fail, executable);
}

SuiteCheck verify_suite(const Suite& suite, Executor& executor, unsigned threads) {
  const TimePoint begin = now();
  SuiteCheck out;
  out.tier = std::string(to_string(executor.sandbox().tier()));
  std::vector<const SuiteItem*> items;
  std::map<std::string, std::size_t> skipped;
  for (const SuiteItem& item : suite.items) {
    std::string why;
    if (executor.can_run(item, why)) {
      items.push_back(&item);
    } else {
      ++skipped[why];
    }
  }
  for (const auto& [why, count] : skipped)
    out.skipped.push_back(fmt::format("{} items: {}", count, why));
  out.executable = items.size();
  out.without_reference = static_cast<std::size_t>(std::count_if(
      items.begin(), items.end(), [](const SuiteItem* i) { return i->reference.empty(); }));
  if (out.without_reference > 0) {
    out.skipped.push_back(fmt::format("{} items: no reference, only their stubs were run",
                                      out.without_reference));
  }
  std::vector<ItemCheck> checks(items.size());
  parallel_for(items.size(), threads,
               [&](std::size_t i) { checks[i] = check_item(*items[i], executor); });
  for (const ItemCheck& check : checks) {
    out.references_pass += check.reference ? 1 : 0;
    out.stubs_fail += check.stub ? 1 : 0;
    out.failures.insert(out.failures.end(), check.failures.begin(), check.failures.end());
  }
  out.seconds = to_seconds(now() - begin);
  return out;
}

}  // namespace abgate::quality
