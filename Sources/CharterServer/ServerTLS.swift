internal import NIOSSL

/// TLS for clients, by files in PEM. They are read once, at the start.
public enum ServerTLS {
    /// Tells what is wrong with the files before anything is served.
    public static func check(_ tls: Settings.TLS) throws(FileError) {
        do {
            _ = try NIOSSLContext(configuration: try configuration(tls))
        } catch let error as FileError {
            throw error
        } catch {
            throw FileError(path: tls.key, message: "this is not the key of the certificate")
        }
    }

    /// TLS 1.2 or later; where the settings say who signs clients' certificates, each must show one.
    static func configuration(_ tls: Settings.TLS) throws(FileError) -> TLSConfiguration {
        let chain = try certificates(tls.certificate)
        let key: NIOSSLPrivateKey
        do { key = try NIOSSLPrivateKey(file: tls.key, format: .pem) } catch {
            throw FileError(path: tls.key, message: "this is no private key in PEM")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        if let clientCA = tls.clientCA {
            configuration.trustRoots = .certificates(try certificates(clientCA))
            // There is no host name to verify a client's against.
            configuration.certificateVerification = .noHostnameVerification
        }
        return configuration
    }

    private static func certificates(_ path: String) throws(FileError) -> [NIOSSLCertificate] {
        let certificates = try? NIOSSLCertificate.fromPEMFile(path)
        guard let certificates, !certificates.isEmpty else {
            throw FileError(path: path, message: "this is no certificate in PEM")
        }
        return certificates
    }
}
