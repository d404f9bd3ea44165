#include "vllmsim/filler.hpp"

#include <array>

namespace abgate::sim {

namespace {

constexpr std::array<std::string_view, 40> kLines{
    "    if value is None:\n",
    "        return default\n",
    "    result = []\n",
    "    for index, item in enumerate(items):\n",
    "        if not predicate(item):\n",
    "            continue\n",
    "        result.append(transform(item, index))\n",
    "    return result\n",
    "    total = sum(entry.amount for entry in entries if entry.active)\n",
    "    logger.debug(\"processed %d of %d records\", done, len(records))\n",
    "    try:\n",
    "        payload = json.loads(response.text)\n",
    "    except ValueError as error:\n",
    "        raise ConfigError(f\"cannot parse {path}: {error}\") from error\n",
    "    # Größe in Bytes, nicht in Zeichen\n",
    "    # 缓存命中时直接返回\n",
    "    status = \"✓ done 🚀\" if ok else \"✗ failed\"\n",
    "    with open(path, encoding=\"utf-8\") as handle:\n",
    "        lines = [line.rstrip() for line in handle]\n",
    "    window = buffer[start:start + size]\n",
    "    while left < right:\n",
    "        middle = (left + right) // 2\n",
    "        if values[middle] < target:\n",
    "            left = middle + 1\n",
    "        else:\n",
    "            right = middle\n",
    "    return left\n",
    "    cache.setdefault(key, []).append(value)\n",
    "    assert len(batch) <= limit, \"batch too large\"\n",
    "    queue = deque([root])\n",
    "    node = queue.popleft()\n",
    "    visited.add(node.name)\n",
    "    parent[child] = node\n",
    "    weights = {name: 1.0 / len(names) for name in names}\n",
    "    self.connection.execute(query, (user_id, created_at))\n",
    "    timeout = min(timeout * 2, 30.0)\n",
    "    matches = re.findall(r\"[A-Za-z_]\\w*\", source)\n",
    "    matrix[row][column] = matrix[row - 1][column] + cost\n",
    "    callback(event, *args, **kwargs)\n",
    "\n"};

}  // namespace

Filler::Filler() {
  for (const std::string_view line : kLines) {
    std::vector<TextToken> tokens;
    for (const Piece& piece : tokenize(line)) {
      tokens.push_back({piece.id, line.substr(piece.begin, piece.size)});
    }
    lines_.push_back(std::move(tokens));
  }
}

std::span<const TextToken> Filler::line(Rng& rng) const {
  return lines_[static_cast<std::size_t>(rng.below(lines_.size()))];
}

}  // namespace abgate::sim
