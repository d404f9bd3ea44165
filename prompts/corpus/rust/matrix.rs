//! Small dense matrices.

use std::ops::{Add, Index, IndexMut, Mul};

#[derive(Debug, Clone, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix { rows, columns, values: vec![0.0; rows * columns] }
    }

    pub fn identity(size: usize) -> Self {
        let mut matrix = Matrix::zeros(size, size);
        for i in 0..size {
            matrix[(i, i)] = 1.0;
        }
        matrix
    }

    /// None if the rows have different lengths.
    pub fn from_rows(rows: &[Vec<f64>]) -> Option<Self> {
        let columns = rows.first().map_or(0, Vec::len);
        if rows.iter().any(|row| row.len() != columns) {
            return None;
        }
        Some(Matrix { rows: rows.len(), columns, values: rows.concat() })
    }

    pub fn transpose(&self) -> Self {
        let mut result = Matrix::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for j in 0..self.columns {
                result[(j, i)] = self[(i, j)];
            }
        }
        result
    }

    /// Power by repeated squaring; None if the matrix is not square.
    pub fn power(&self, mut exponent: u32) -> Option<Self> {
        if self.rows != self.columns {
            return None;
        }
        let mut base = self.clone();
        let mut result = Matrix::identity(self.rows);
        while exponent > 0 {
            if exponent % 2 == 1 {
                result = (&result * &base)?;
            }
            base = (&base * &base)?;
            exponent /= 2;
        }
        Some(result)
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (row, column): (usize, usize)) -> &f64 {
        &self.values[row * self.columns + column]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (row, column): (usize, usize)) -> &mut f64 {
        &mut self.values[row * self.columns + column]
    }
}

impl Mul for &Matrix {
    type Output = Option<Matrix>;
    fn mul(self, other: &Matrix) -> Option<Matrix> {
        if self.columns != other.rows {
            return None;
        }
        let mut product = Matrix::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            for k in 0..self.columns {
                for j in 0..other.columns {
                    product[(i, j)] += self[(i, k)] * other[(k, j)];
                }
            }
        }
        Some(product)
    }
}

impl Add for &Matrix {
    type Output = Option<Matrix>;
    fn add(self, other: &Matrix) -> Option<Matrix> {
        if (self.rows, self.columns) != (other.rows, other.columns) {
            return None;
        }
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a + b).collect();
        Some(Matrix { rows: self.rows, columns: self.columns, values })
    }
}
