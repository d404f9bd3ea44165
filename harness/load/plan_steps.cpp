#include <algorithm>
#include <utility>

#include "load/plan_parts.hpp"

namespace abgate::load {

namespace {

/// Lays the cells out in time, block by block.
class Steps {
 public:
  Steps(const Scenario& scenario, const std::vector<Cell>& cells)
      : scenario_(scenario), cells_(cells), blocks_(count(CellKind::load)) {}

  std::vector<Step> run() {
    const bool swapped = scenario_.mode == Mode::swapped;
    if (!swapped) pair(CellKind::prime, 0, scenario_.mode == Mode::concurrent, false);
    const std::vector<std::vector<bool>> orders = draw_orders(swapped);
    for (std::uint32_t block = 0; block < first_look(); ++block) {
      if (swapped) {
        swapped_block(block, orders[0][block]);
      } else {
        load_block(block, orders);
        noise_floor_after(block);
      }
    }
    if (blocks_ == 0) noise_floor_after(0);
    quality();
    for (std::uint32_t block = first_look(); block < blocks_; ++block) load_block(block, orders);
    return std::move(steps_);
  }

 private:
  /// Blocks before the declared extension, if there is one.
  std::uint32_t first_look() const {
    return scenario_.extension
               ? std::min(blocks_, static_cast<std::uint32_t>(scenario_.blocks))
               : blocks_;
  }

  void load_block(std::uint32_t block, const std::vector<std::vector<bool>>& orders) {
    for (std::size_t i = 0; i < scenario_.points.size(); ++i)
      pair_at(scenario_.points[i].id, block, orders[i][block]);
  }

  bool concurrent() const { return scenario_.mode == Mode::concurrent; }

  std::uint32_t count(CellKind kind) const {
    std::uint32_t blocks = 0;
    for (const Cell& cell : cells_) {
      if (cell.kind == kind) blocks = std::max(blocks, cell.block + 1);
    }
    return blocks;
  }

  Rng rng(std::string_view what) const {
    return Rng(derive_seed(seed_of(scenario_.seeds.blocks, scenario_.seeds, "blocks"), what));
  }

  /// By point, and by block: candidate first. One for all points where the servers are swapped.
  std::vector<std::vector<bool>> draw_orders(bool one_for_all) const {
    std::vector<std::vector<bool>> orders;
    for (const LoadPoint& point : scenario_.points) {
      Rng random = rng(one_for_all ? "swapped" : "order " + point.id);
      const bool fixed = concurrent() || scenario_.mode == Mode::recorded;
      std::vector<bool> order(first_look(), false);
      if (!fixed) order = balanced_orders(first_look(), random);
      // Each look is balanced by itself.
      const std::uint32_t rest = blocks_ - first_look();
      const std::vector<bool> more =
          fixed ? std::vector<bool>(rest, false) : balanced_orders(rest, random);
      order.insert(order.end(), more.begin(), more.end());
      orders.push_back(std::move(order));
    }
    return orders;
  }

  void add(const Cell& cell, std::vector<Arm> arms, bool at_once) {
    steps_.push_back({static_cast<std::uint32_t>(&cell - cells_.data()), std::move(arms), at_once});
  }

  void pair(const Cell& cell, bool at_once, bool candidate_first) {
    std::vector<Arm> arms{Arm::baseline, Arm::candidate};
    if (candidate_first) std::swap(arms[0], arms[1]);
    add(cell, std::move(arms), at_once);
  }

  void pair(CellKind kind, std::uint32_t block, bool at_once, bool candidate_first) {
    for (const Cell& cell : cells_) {
      if (cell.kind == kind && cell.block == block) pair(cell, at_once, candidate_first);
    }
  }

  void pair_at(const std::string& point, std::uint32_t block, bool candidate_first) {
    for (const Cell& cell : cells_) {
      if (cell.kind == CellKind::load && cell.block == block && cell.point == point) {
        pair(cell, concurrent(), candidate_first);
      }
    }
  }

  /// One server after the other: each is started once in the block and primed anew if need be.
  void swapped_block(std::uint32_t block, bool candidate_first) {
    std::vector<Arm> arms{Arm::baseline, Arm::candidate};
    if (candidate_first) std::swap(arms[0], arms[1]);
    for (const Arm arm : arms) {
      for (const CellKind kind : {CellKind::prime, CellKind::load}) {
        for (const Cell& cell : cells_) {
          if (cell.kind == kind && cell.block == block) add(cell, {arm}, false);
        }
      }
      if (arm == Arm::baseline) noise_floor_after(block);
    }
  }

  /// A/A blocks are spread evenly between the others. The control is the baseline's server: never
  /// at once.
  void noise_floor_after(std::uint32_t block) {
    const std::uint32_t total = count(CellKind::aa);
    if (total == 0) return;
    for (const LoadPoint& point : scenario_.points) {
      Rng random = rng("order aa " + point.id);
      // A single pair runs in the natural order; chance could not balance it.
      const auto orders = total == 1 ? std::vector<bool>(1, false) : balanced_orders(total, random);
      for (const Cell& cell : cells_) {
        if (cell.kind != CellKind::aa || cell.point != point.id) continue;
        if (place_of(cell.block, total) != block) continue;
        std::vector<Arm> arms{Arm::baseline, Arm::control};
        if (orders[cell.block]) std::swap(arms[0], arms[1]);
        add(cell, std::move(arms), false);
      }
    }
  }

  std::uint32_t place_of(std::uint32_t aa_block, std::uint32_t total) const {
    const std::uint32_t after = (aa_block + 1) * first_look() / (total + 1);
    return after == 0 ? 0 : after - 1;
  }

  void quality() {
    Rng random = rng("order quality");
    const std::uint32_t repeats = count(CellKind::quality);
    const bool fixed = scenario_.mode == Mode::recorded || scenario_.mode == Mode::swapped;
    const auto orders =
        fixed ? std::vector<bool>(repeats, false) : balanced_orders(repeats, random);
    for (const Cell& cell : cells_) {
      if (cell.kind != CellKind::quality) continue;
      if (concurrent()) {
        pair(cell, true, false);
        if (scenario_.quality.control) add(cell, {Arm::control}, false);
      } else {
        sequential_quality(cell, orders[cell.block]);
      }
    }
  }

  /// The control goes next to the baseline, so that swapped servers change once.
  void sequential_quality(const Cell& cell, bool candidate_first) {
    std::vector<Arm> arms{Arm::baseline, Arm::candidate};
    if (scenario_.quality.control) arms = {Arm::baseline, Arm::control, Arm::candidate};
    if (candidate_first) std::reverse(arms.begin(), arms.end());
    add(cell, std::move(arms), false);
  }

  const Scenario& scenario_;
  const std::vector<Cell>& cells_;
  const std::uint32_t blocks_;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> make_steps(const Scenario& scenario, const std::vector<Cell>& cells) {
  return Steps(scenario, cells).run();
}

}  // namespace abgate::load
