#include "quality/verdict_cache.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.hpp"

namespace abgate::quality {

namespace {

std::optional<RunClass> class_named(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(RunClass::infra_error); ++i) {
    if (name == to_string(static_cast<RunClass>(i))) return static_cast<RunClass>(i);
  }
  return std::nullopt;
}

std::string line_of(const std::string& key, const RunVerdict& verdict) {
  const nlohmann::json row{{"key", key},
                           {"class", to_string(verdict.cls)},
                           {"detail", verdict.detail},
                           {"repeated", verdict.repeated}};
  return row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::shared_future<RunVerdict> ready(RunVerdict verdict) {
  std::promise<RunVerdict> promise;
  promise.set_value(std::move(verdict));
  return promise.get_future().share();
}

}  // namespace

std::string content_key(const std::vector<std::string_view>& parts) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  ABGATE_ASSERT(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  for (const std::string_view part : parts) {
    const std::string size = fmt::format("{}:", part.size());
    EVP_DigestUpdate(context.get(), size.data(), size.size());
    EVP_DigestUpdate(context.get(), part.data(), part.size());
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), digest.data(), &size);
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += fmt::format("{:02x}", digest[i]);
  return out;
}

VerdictCache::VerdictCache(std::string file) : file_(std::move(file)) {
  if (file_.empty()) return;
  std::ifstream in(file_);
  std::string line;
  while (std::getline(in, line)) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (!row.is_object() || !row.contains("key") || !row["key"].is_string()) continue;
    const auto cls = class_named(row.value("class", ""));
    if (!cls || *cls == RunClass::infra_error) continue;
    RunVerdict verdict;
    verdict.cls = *cls;
    verdict.detail = row.value("detail", "");
    verdict.repeated = row.value("repeated", false);
    verdicts_[row["key"].get<std::string>()] = ready(std::move(verdict));
  }
}

RunVerdict VerdictCache::get(const std::string& key, const std::function<RunVerdict()>& compute) {
  std::promise<RunVerdict> promise;
  {
    std::unique_lock lock(mutex_);
    asked_.insert(key);
    const auto it = verdicts_.find(key);
    if (it != verdicts_.end()) {
      const std::shared_future<RunVerdict> known = it->second;
      lock.unlock();
      RunVerdict verdict = known.get();
      verdict.cached = true;
      return verdict;
    }
    verdicts_[key] = promise.get_future().share();
  }
  RunVerdict verdict;
  try {
    verdict = compute();
  } catch (const std::exception& e) {
    verdict.detail = e.what();  // infra_error
  }
  promise.set_value(verdict);
  const std::lock_guard lock(mutex_);
  if (verdict.cls == RunClass::infra_error) {
    verdicts_.erase(key);
  } else {
    append(key, verdict);
  }
  return verdict;
}

std::optional<RunVerdict> VerdictCache::find(const std::string& key) {
  std::shared_future<RunVerdict> known;
  {
    const std::lock_guard lock(mutex_);
    const auto it = verdicts_.find(key);
    if (it == verdicts_.end()) return std::nullopt;
    known = it->second;
  }
  RunVerdict verdict = known.get();
  verdict.cached = true;
  return verdict;
}

void VerdictCache::put(const std::string& key, const RunVerdict& verdict) {
  const std::lock_guard lock(mutex_);
  if (!verdicts_.emplace(key, ready(verdict)).second) return;
  append(key, verdict);
}

std::string VerdictCache::lines_asked() {
  std::map<std::string, std::shared_future<RunVerdict>> wanted;
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& key : asked_) {
      const auto it = verdicts_.find(key);
      if (it != verdicts_.end()) wanted.insert(*it);
    }
  }
  std::string out;
  for (const auto& [key, verdict] : wanted) {
    if (verdict.get().cls != RunClass::infra_error) out += line_of(key, verdict.get());
  }
  return out;
}

void VerdictCache::append(const std::string& key, const RunVerdict& verdict) {
  if (file_.empty()) return;
  std::ofstream out(file_, std::ios::app);
  out << line_of(key, verdict);
}

}  // namespace abgate::quality
