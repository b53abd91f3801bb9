// The parameters of a network as a table.

import NeuralMemory

extension ParameterLayout {
    /// Name, shape and count of each parameter, and the total count in the last line.
    public var table: String {
        var table = TextTable([("parameter", .left), ("shape", .left), ("count", .right)])
        for slice in parameters {
            table.add([slice.name, slice.shape.map(String.init).joined(separator: "×"), "\(slice.count)"])
        }
        table.add(["total", "", "\(count)"])
        return table.text
    }
}
