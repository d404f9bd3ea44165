#include <cstdlib>
#include <queue>
#include <string>
#include <unordered_map>
#include <vector>

// A* on a grid of characters; '#' is a wall.

struct Cell {
  int row, column;
  bool operator==(const Cell&) const = default;
};

struct CellHash {
  std::size_t operator()(const Cell& cell) const {
    return static_cast<std::size_t>(cell.row) * 73856093U ^ static_cast<std::size_t>(cell.column) * 19349663U;
  }
};

class Grid {
 public:
  explicit Grid(std::vector<std::string> rows) : rows_(std::move(rows)) {}

  bool open(const Cell& cell) const {
    if (cell.row < 0 || cell.row >= static_cast<int>(rows_.size())) return false;
    const std::string& row = rows_[static_cast<std::size_t>(cell.row)];
    if (cell.column < 0 || cell.column >= static_cast<int>(row.size())) return false;
    return row[static_cast<std::size_t>(cell.column)] != '#';
  }

  /// Cells from start to goal, both included; empty if there is no way.
  std::vector<Cell> find_path(const Cell& start, const Cell& goal) const {
    struct Entry {
      int estimate;
      Cell cell;
      bool operator<(const Entry& other) const { return estimate > other.estimate; }
    };
    std::priority_queue<Entry> queue;
    std::unordered_map<Cell, int, CellHash> cost{{start, 0}};
    std::unordered_map<Cell, Cell, CellHash> from;
    queue.push({distance(start, goal), start});
    while (!queue.empty()) {
      const Cell current = queue.top().cell;
      queue.pop();
      if (current == goal) return trace(from, start, goal);
      for (const Cell& next : neighbours(current)) {
        const int candidate = cost[current] + 1;
        const auto known = cost.find(next);
        if (known != cost.end() && known->second <= candidate) continue;
        cost[next] = candidate;
        from[next] = current;
        queue.push({candidate + distance(next, goal), next});
      }
    }
    return {};
  }

 private:
  static int distance(const Cell& a, const Cell& b) {
    return std::abs(a.row - b.row) + std::abs(a.column - b.column);
  }

  std::vector<Cell> neighbours(const Cell& cell) const {
    std::vector<Cell> found;
    for (const Cell& next : {Cell{cell.row - 1, cell.column}, Cell{cell.row + 1, cell.column},
                             Cell{cell.row, cell.column - 1}, Cell{cell.row, cell.column + 1}}) {
      if (open(next)) found.push_back(next);
    }
    return found;
  }

  static std::vector<Cell> trace(const std::unordered_map<Cell, Cell, CellHash>& from, Cell start, Cell goal) {
    std::vector<Cell> path{goal};
    while (!(path.back() == start)) path.push_back(from.at(path.back()));
    return {path.rbegin(), path.rend()};
  }

  std::vector<std::string> rows_;
};
