// Package matrix has dense matrices of float64.
package matrix

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// ErrShape is returned where the sizes do not fit.
var ErrShape = errors.New("shapes do not fit")

// Matrix is stored row by row.
type Matrix struct {
	rows, columns int
	values        []float64
}

// New returns a matrix of zeros.
func New(rows, columns int) *Matrix {
	return &Matrix{rows, columns, make([]float64, rows*columns)}
}

// FromRows copies the rows, which must have equal lengths.
func FromRows(rows [][]float64) (*Matrix, error) {
	if len(rows) == 0 {
		return New(0, 0), nil
	}
	m := New(len(rows), len(rows[0]))
	for i, row := range rows {
		if len(row) != m.columns {
			return nil, fmt.Errorf("row %d: %w", i, ErrShape)
		}
		copy(m.values[i*m.columns:], row)
	}
	return m, nil
}

// At returns one element.
func (m *Matrix) At(i, j int) float64 { return m.values[i*m.columns+j] }

// Set changes one element.
func (m *Matrix) Set(i, j int, value float64) { m.values[i*m.columns+j] = value }

// Transpose returns the mirrored matrix.
func (m *Matrix) Transpose() *Matrix {
	t := New(m.columns, m.rows)
	for i := 0; i < m.rows; i++ {
		for j := 0; j < m.columns; j++ {
			t.Set(j, i, m.At(i, j))
		}
	}
	return t
}

// Mul returns the product a·b.
func Mul(a, b *Matrix) (*Matrix, error) {
	if a.columns != b.rows {
		return nil, ErrShape
	}
	product := New(a.rows, b.columns)
	for i := 0; i < a.rows; i++ {
		for k := 0; k < a.columns; k++ {
			factor := a.At(i, k)
			for j := 0; j < b.columns; j++ {
				product.values[i*b.columns+j] += factor * b.At(k, j)
			}
		}
	}
	return product, nil
}

// Norm is the square root of the sum of the squares.
func (m *Matrix) Norm() float64 {
	sum := 0.0
	for _, value := range m.values {
		sum += value * value
	}
	return math.Sqrt(sum)
}

func (m *Matrix) String() string {
	var out strings.Builder
	for i := 0; i < m.rows; i++ {
		for j := 0; j < m.columns; j++ {
			if j > 0 {
				out.WriteByte(' ')
			}
			fmt.Fprintf(&out, "%g", m.At(i, j))
		}
		out.WriteByte('\n')
	}
	return out.String()
}
