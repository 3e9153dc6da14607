/// What random policies are drawn with.
extension SeededGenerator {
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    /// From 0; 0 where `bound` is 0.
    mutating func below(_ bound: Int) -> Int {
        bound > 1 ? Int(next() >> 33) % bound : 0
    }

    mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// Some of the elements, in their order; each with the chance.
    mutating func some<T>(of elements: [T], _ percent: Int) -> [T] {
        elements.filter { _ in chance(percent) }
    }

    mutating func shuffled<T>(_ elements: [T]) -> [T] {
        var elements = elements
        for place in elements.indices.reversed() { elements.swapAt(place, below(place + 1)) }
        return elements
    }
}
